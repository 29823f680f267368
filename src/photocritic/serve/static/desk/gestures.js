/* What fingers and mice do on the stage: drag, tap, swipe, pinch and turn the wheel. */

const TAP_PX = 6; // less than this is no drag
const SWIPE_PX = 48;
const DOUBLE_TAP_MS = 320;

/**
 * Listen to a stage.
 * @param {HTMLElement} stage
 * @param {object} told Called with the event that the gesture began with: drag(event, {x, y}), tap(event),
 *   swipe(event, 1 | -1), and zoom(event, ratio) where the two fingers or the wheel are. isZoomed() says whether a
 *   finger drags, or swipes.
 */
export function listen(stage, told) {
  const fingers = new Map(); // pointer id → its last event
  let start = null; // the event that the gesture began with, while one pointer is down
  let isDrag = false;
  let lastTap = null;
  let isControl = false; // held; a pinch on a touchpad comes as a wheel with ctrlKey, too

  for (const type of ["keydown", "keyup"]) {
    window.addEventListener(type, event => { if (event.key === "Control") isControl = type === "keydown"; });
  }
  window.addEventListener("blur", () => { isControl = false; });

  stage.addEventListener("pointerdown", event => {
    if (event.button !== 0) return;
    fingers.set(event.pointerId, event);
    start = fingers.size === 1 ? event : null;
    isDrag = false;
    stage.setPointerCapture(event.pointerId);
  });

  stage.addEventListener("pointermove", event => {
    const before = fingers.get(event.pointerId);
    if (!before) return;
    if (fingers.size === 2) {
      const other = [...fingers].find(([id]) => id !== event.pointerId)[1];
      const ratio = distance(event, other) / Math.max(1, distance(before, other));
      told.zoom({ target: before.target, clientX: (event.clientX + other.clientX) / 2,
        clientY: (event.clientY + other.clientY) / 2 }, ratio);
    } else if (start) {
      isDrag ||= distance(event, start) > TAP_PX;
      if (isDrag && told.isZoomed()) {
        told.drag(start, { x: event.clientX - before.clientX, y: event.clientY - before.clientY });
      }
    }
    fingers.set(event.pointerId, event);
  });

  stage.addEventListener("pointerup", event => {
    fingers.delete(event.pointerId);
    if (!start || start.pointerId !== event.pointerId) return;
    const across = event.clientX - start.clientX;
    if (!isDrag) tapped(start);
    else if (event.pointerType === "touch" && !told.isZoomed() && Math.abs(across) > SWIPE_PX
      && Math.abs(across) > 2 * Math.abs(event.clientY - start.clientY)) told.swipe(start, across < 0 ? 1 : -1);
    start = null;
  });

  stage.addEventListener("pointercancel", event => {
    fingers.delete(event.pointerId);
    start = null;
  });

  stage.addEventListener("wheel", event => {
    if (event.ctrlKey && isControl) return; // the browser's own zoom
    event.preventDefault();
    told.zoom(event, Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.002)));
  }, { passive: false });

  /** A mouse zooms by one click, as in Lightroom; a finger by two. */
  function tapped(event) {
    const isSecond = lastTap && event.timeStamp - lastTap.timeStamp < DOUBLE_TAP_MS && distance(event, lastTap) < 30;
    lastTap = isSecond ? null : event;
    told.tap(event, event.pointerType !== "touch" || isSecond);
  }
}

function distance(one, other) {
  return Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY);
}
