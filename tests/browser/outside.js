/* Texts and controls below `root` that stick out of it to the left or right and are not in a place of their own to scroll. */
(root) => {
  const edge = root.getBoundingClientRect();
  const scrolls = (node) => node !== root && (getComputedStyle(node).overflowX === 'auto' || (node.parentElement !== null && scrolls(node.parentElement)));
  return [...root.querySelectorAll('*')]
    .filter((node) => node.checkVisibility() && node.getBoundingClientRect().width > 1 && !scrolls(node))
    .filter((node) => node.getBoundingClientRect().right > edge.right + 1 || node.getBoundingClientRect().left < edge.left - 1)
    .map((node) => `${node.tagName} ${node.textContent}`);
}
