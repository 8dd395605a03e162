/* Contrast of every visible text below `root` against what lies behind it, as WCAG 2.2 computes it. */
(root) => {
  const pixel = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const parse = (color) => {
    pixel.clearRect(0, 0, 1, 1);
    pixel.fillStyle = color;
    pixel.fillRect(0, 0, 1, 1);
    const [red, green, blue, alpha] = pixel.getImageData(0, 0, 1, 1).data;
    return { rgb: [red, green, blue], alpha: alpha / 255 };
  };
  const over = (top, below) => top.rgb.map((value, at) => value * top.alpha + below[at] * (1 - top.alpha));
  const line = (node) => (node === null ? [] : [...line(node.parentElement), node]);
  const ground = (node) =>
    line(node).reduce((below, parent) => over(parse(getComputedStyle(parent).backgroundColor), below), [255, 255, 255]);
  const faded = (node) => line(node).reduce((opacity, parent) => opacity * Number(getComputedStyle(parent).opacity), 1);
  const luminance = (rgb) => {
    const [red, green, blue] = rgb.map((value) => {
      const share = value / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const ratio = (one, other) => {
    const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
    return (light + 0.05) / (dark + 0.05);
  };
  const ownText = (node) =>
    [...node.childNodes].filter((child) => child.nodeType === Node.TEXT_NODE).map((child) => child.data.trim()).join(' ').trim();
  const isSeen = (node) => node.checkVisibility({ visibilityProperty: true, opacityProperty: true }) && node.getBoundingClientRect().width > 1;
  return [...root.querySelectorAll('*')]
    .filter((node) => ownText(node) !== '' && isSeen(node))
    .map((node) => {
      const behind = ground(node);
      const color = parse(getComputedStyle(node).color);
      return { text: ownText(node), ratio: ratio(over({ rgb: color.rgb, alpha: color.alpha * faded(node) }, behind), behind) };
    });
}
