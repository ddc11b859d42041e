// Small pieces of the page. Text is always set as text: what a server says is never markup.

/** An element with attributes and children (elements or text). */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

/** A curve of `values` over the whole width; null is a gap. The scale goes from 0 to at least `least`. */
export function drawCurve(svg, values, length, least) {
  const top = Math.max(least, ...values.map((value) => value ?? 0));
  const x = (index) => (((length - values.length + index) / (length - 1)) * 100).toFixed(2);
  const y = (value) => (29 - (value / top) * 28).toFixed(2);
  let down = false;
  const path = values
    .map((value, index) => {
      if (value === null) return '';
      const command = `${down ? 'L' : 'M'}${x(index)} ${y(value)}`;
      down = true;
      return command;
    })
    .join('');
  svg.setAttribute('viewBox', '0 0 100 30');
  svg.setAttribute('preserveAspectRatio', 'none');
  const line =
    svg.querySelector('path') ?? svg.appendChild(document.createElementNS(svg.namespaceURI, 'path'));
  line.setAttribute('d', path);
}

export function duration(ms) {
  if (ms === null || ms === undefined) return '–';
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  return ms < 60_000 ? `${(ms / 1_000).toFixed(1)} s` : `${(ms / 60_000).toFixed(1)} min`;
}

export function count(value) {
  if (value === null || value === undefined) return '–';
  return value < 10 ? String(Math.round(value * 10) / 10) : Math.round(value).toLocaleString('en');
}
