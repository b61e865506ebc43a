// Shows a BPMN diagram with the path that a case has taken.
//
// A box `<div data-bpmn data-src="…">` names elements in `data-done`, `data-current`, `data-failed` and flows in
// `data-taken` (ids separated by blanks); `data-highest` is how many pixels it may grow to. `show` gives null when nobody
// is signed in any more.
import 'bpmn-js/dist/assets/diagram-js.css';
import 'bpmn-js/dist/assets/bpmn-js.css';
import './viewer.css';
import NavigatedViewer from 'bpmn-js/lib/NavigatedViewer';

const COLOURS = { defaultFillColor: '#ffffff', defaultStrokeColor: '#66727f', defaultLabelColor: '#17202c' };
const MARKS = { done: 'is-done', taken: 'is-taken', current: 'is-current', failed: 'is-failed' };
const MARGIN = 14;
// The bpmn.io mark must stay fully visible: the drawing keeps away from it.
const MARK_WIDTH = 76;
const MARK_HEIGHT = 30;
const LOWEST = 160;
const HIGHEST = 300;
// The whole drawing is shown as long as its shapes can be told apart. Where that would take a smaller scale, as on a
// telephone, labels had better be read: the picture then shows the surroundings of the current place.
const SMALLEST = 0.4;
const READABLE = 0.58;
const NARROW = 560;

export async function show(box, { scroll = false } = {}) {
  const answer = await fetch(box.dataset.src, { headers: { accept: 'application/xml' } });
  if (!answer.ok) {
    throw new Error(`the diagram cannot be loaded (${answer.status})`);
  }
  // Whose session has ended is sent to the page for signing in. Nothing is broken, so nothing is thrown.
  if (answer.redirected) {
    return null;
  }
  const viewer = new NavigatedViewer({ container: box, bpmnRenderer: COLOURS, zoomScroll: { enabled: scroll } });
  await viewer.importXML(await answer.text());
  const canvas = viewer.get('canvas');
  const elements = viewer.get('elementRegistry');
  for (const [ name, marker ] of Object.entries(MARKS)) {
    for (const id of ids(box.dataset[name])) {
      if (elements.get(id)) {
        canvas.addMarker(id, marker);
      }
    }
  }
  for (const surface of box.querySelectorAll('svg[tabindex]')) {
    surface.setAttribute('role', 'img');
    surface.setAttribute('aria-label', box.getAttribute('aria-label') ?? '');
  }
  const places = [ ...ids(box.dataset.failed), ...ids(box.dataset.current) ];
  const fitted = () => {
    // A box that was taken off the page meanwhile has no size to fit into.
    if (!box.clientWidth) {
      return;
    }
    grow(box, canvas);
    fit(canvas, elements, places);
  };
  fitted();
  return {
    fit: fitted,
    zoom: factor => canvas.zoom(canvas.zoom() * factor),
    scrolling: on => viewer.get('zoomScroll').toggle(on)
  };
}

function ids(text) {
  return (text ?? '').split(/\s+/).filter(Boolean);
}

// As high as the drawing needs at the scale that its width allows, within reason.
function grow(box, canvas) {
  canvas.resized();
  const { inner } = canvas.viewbox();
  const scale = scaleFor(inner, box.clientWidth);
  const beside = inner.width * scale + 2 * MARGIN <= box.clientWidth - MARK_WIDTH;
  const needed = inner.height * scale + 2 * MARGIN + (beside ? 0 : MARK_HEIGHT);
  box.style.height = `${Math.round(Math.min(Math.max(needed, LOWEST), Number(box.dataset.highest) || HIGHEST))}px`;
}

function scaleFor(inner, width) {
  return readable(Math.min((width - 2 * MARGIN) / inner.width, 1), width);
}

function readable(scale, width) {
  return scale >= SMALLEST && width >= NARROW ? scale : Math.max(scale, READABLE);
}

function fit(canvas, elements, current) {
  canvas.resized();
  const { inner, outer } = canvas.viewbox();
  const room = outer.height - 2 * MARGIN;
  const beside = Math.min((outer.width - MARK_WIDTH - 2 * MARGIN) / inner.width, room / inner.height, 1);
  const above = Math.min((outer.width - 2 * MARGIN) / inner.width, (room - MARK_HEIGHT) / inner.height, 1);
  // The mark stands where it costs the drawing less: beside it or below it.
  const [ width, height ] = beside >= above
    ? [ outer.width - MARK_WIDTH, outer.height ] : [ outer.width, outer.height - MARK_HEIGHT ];
  const whole = Math.max(beside, above);
  const scale = readable(whole, outer.width);
  const focus = scale > whole ? current.map(id => elements.get(id)).find(Boolean) : undefined;
  canvas.viewbox({
    x: start(inner.x, inner.width, width / scale, focus && focus.x + focus.width / 2),
    y: start(inner.y, inner.height, height / scale, focus && focus.y + focus.height / 2),
    width: outer.width / scale,
    height: outer.height / scale
  });
}

// Where the visible part begins: centred when all fits, otherwise around the focus but never past the edges.
function start(origin, size, visible, focus) {
  const margin = MARGIN * 2;
  if (size + margin <= visible) {
    return origin - (visible - size) / 2;
  }
  const wanted = (focus ?? origin) - visible / 2;
  return Math.min(Math.max(wanted, origin - MARGIN), origin + size + MARGIN - visible);
}
