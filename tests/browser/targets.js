/* Controls below `root` that are smaller than 24 × 24 and closer to another one than that (WCAG 2.2, 2.5.8). */
(root) => {
  const LEAST = 24;
  const shown = [...root.querySelectorAll('button, input, summary, a[href], [tabindex="0"]')].filter((node) => node.checkVisibility());
  const places = shown.map((node) => ({ node, box: node.getBoundingClientRect() }));
  const circle = ({ box }) => ({ x: box.x + box.width / 2, y: box.y + box.height / 2 });
  const distance = (point, box) =>
    Math.hypot(Math.max(box.left - point.x, 0, point.x - box.right), Math.max(box.top - point.y, 0, point.y - box.bottom));
  const isSmall = ({ box }) => box.width < LEAST || box.height < LEAST;
  const isCrowded = (place) => places.some((other) => other !== place && distance(circle(place), other.box) < LEAST / 2);
  return places.filter((place) => isSmall(place) && isCrowded(place)).map(({ node, box }) => `${node.tagName} ${node.textContent} ${box.width}×${box.height}`);
}
