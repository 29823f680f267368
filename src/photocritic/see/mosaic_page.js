
"use strict";
{
  const byId = id => document.getElementById(id);
  const canvas = byId("view");
  const paper = canvas.getContext("2d");
  const { beside, walks } = canvas.dataset;
  const [width, height, tilePx] = ["width", "height", "tile"].map(name => Number(canvas.dataset[name]));
  const [baseLevel] = canvas.dataset.base.split("/").map(Number);
  const topLevel = Math.ceil(Math.log2(Math.max(width, height)));
  const photos = [...document.querySelectorAll("#list a")].map((link, number) => {
    const [left, top, wide, high] = link.dataset.at.split(" ").map(Number);
    return { link, number, left, top, wide, high, score: Number(link.nextElementSibling.textContent) };
  });
  const ramp = [...document.querySelectorAll("#ramp rect")].map(rect => rect.getAttribute("fill"));
  const colour = byId("colour");
  const view = { x: width / 2, y: height / 2, scale: 1 }; // what stands in the middle, and the picture's size
  let current = null; // the photo that was last walked to
  let pointed = null; // the photo under the mouse
  let isWhole = true; // the whole picture is shown, whatever the window's size
  let isDue = false;
  let flight = null;
  let heading = null; // where the flight goes

  // ---- Tiles ----

  const tiles = new Map(); // those last used last
  const TILES_MAX = 200;

  /** Return a tile's picture if it is there; if not, and it is wanted, have it loaded. */
  function tile(level, column, row, isWanted) {
    const name = `${level}/${column}_${row}.jpg`;
    let image = tiles.get(name);
    if (!image && isWanted) {
      image = beside ? new Image() : document.querySelector(`img[data-tile="${name}"]`);
      image.addEventListener("load", draw, { once: true });
      if (beside) image.src = beside + name;
    }
    if (!image) return null;
    tiles.delete(name);
    tiles.set(name, image);
    return image.complete && image.naturalWidth ? image : null;
  }

  function forgetTiles() {
    for (const name of tiles.keys()) {
      if (tiles.size <= TILES_MAX) return;
      tiles.delete(name);
    }
  }

  // ---- Drawing ----

  function draw() {
    if (isDue) return;
    isDue = true;
    requestAnimationFrame(() => { isDue = false; paint(); });
  }

  const NARROW_HIGH = 90; // on a phone held upright photos are at least so high when the page opens

  /** Begin with the whole picture; where its photos would be tiny on a phone, with the best or the middle, closer. */
  function begin() {
    if (!matchMedia("(max-width: 639px) and (orientation: portrait)").matches || !photos.length) return;
    const scale = Math.min(NARROW_HIGH / photos[0].high, scaleMax());
    if (scale <= fit()) return;
    isWhole = false;
    Object.assign(view, walks === "order" ? { x: 0, y: 0, scale } : { scale });
  }

  const fit = () => Math.min(canvas.clientWidth / width, canvas.clientHeight / height);
  const scaleMax = () => Math.max(4, fit());

  /** Keep the picture in sight. */
  function hold() {
    if (isWhole) Object.assign(view, { x: width / 2, y: height / 2, scale: fit() });
    view.scale = Math.min(Math.max(view.scale, fit()), scaleMax());
    const [across, down] = [canvas.clientWidth / view.scale / 2, canvas.clientHeight / view.scale / 2];
    view.x = across * 2 >= width ? width / 2 : Math.min(Math.max(view.x, across), width - across);
    view.y = down * 2 >= height ? height / 2 : Math.min(Math.max(view.y, down), height - down);
  }

  function paint() {
    const sharpness = window.devicePixelRatio || 1;
    const [wide, high] = [Math.round(canvas.clientWidth * sharpness), Math.round(canvas.clientHeight * sharpness)];
    if (!wide || !high) return;
    if (canvas.width !== wide || canvas.height !== high) Object.assign(canvas, { width: wide, height: high });
    hold();
    const scale = view.scale * sharpness;
    const atX = x => Math.round((x - view.x) * scale + wide / 2);
    const atY = y => Math.round((y - view.y) * scale + high / 2);
    const sight = { left: view.x - wide / 2 / scale, right: view.x + wide / 2 / scale,
                    top: view.y - high / 2 / scale, bottom: view.y + high / 2 / scale };
    paper.clearRect(0, 0, wide, high);
    const level = Math.min(Math.max(topLevel + Math.ceil(Math.log2(scale) - 0.2), baseLevel), topLevel);
    const span = tilePx * 2 ** (topLevel - level);
    tile(baseLevel, 0, 0, true);
    const last = (edge, side) => Math.min(Math.ceil(edge / span), Math.ceil(side / span)) - 1;
    for (let row = Math.max(0, Math.floor(sight.top / span)); row <= last(sight.bottom, height); row += 1) {
      for (let column = Math.max(0, Math.floor(sight.left / span)); column <= last(sight.right, width); column += 1) {
        paintTile(level, column, row, span, atX, atY);
      }
    }
    const shown = photos.filter(({ left, top, wide: w, high: h }) =>
      left < sight.right && left + w > sight.left && top < sight.bottom && top + h > sight.top);
    if (colour && colour.ariaPressed === "true") shown.forEach(photo => tint(photo, scale, atX, atY));
    for (const [photo, stroke] of [[pointed, 1.5], [current, 3]]) {
      if (photo) outline(photo, stroke * sharpness, atX, atY);
    }
    forgetTiles();
  }

  /** Paint a tile, or as long as it is not there what a coarser one has in its place. */
  function paintTile(level, column, row, span, atX, atY) {
    const [left, top] = [column * span, row * span];
    const [right, bottom] = [Math.min(left + span, width), Math.min(top + span, height)];
    for (let up = 0; level - up >= baseLevel; up += 1) {
      const image = tile(level - up, column >> up, row >> up, up === 0);
      if (!image) continue;
      const unit = 2 ** (topLevel - level + up); // pixels of the picture in one of this tile's
      const [x, y] = [left / unit - (column >> up) * tilePx, top / unit - (row >> up) * tilePx];
      const [w, h] = [Math.min((right - left) / unit, image.naturalWidth - x),
                      Math.min((bottom - top) / unit, image.naturalHeight - y)];
      if (w > 0 && h > 0) {
        paper.drawImage(image, x, y, w, h, atX(left), atY(top), atX(right) - atX(left), atY(bottom) - atY(top));
      }
      return;
    }
  }

  function box(photo, atX, atY, gap = Math.max(1, Math.floor(photo.high / 64))) {
    const [x, y] = [atX(photo.left), atY(photo.top)];
    return [x, y, atX(photo.left + photo.wide - gap) - x, atY(photo.top + photo.high - gap) - y];
  }

  function outline(photo, stroke, atX, atY) {
    const [x, y, w, h] = box(photo, atX, atY);
    for (const [style, px] of [["#000", stroke + 2], ["#fff", stroke]]) {
      paper.strokeStyle = style;
      paper.lineWidth = px;
      paper.strokeRect(x, y, w, h);
    }
  }

  /** Colour a photo by its score: a frame where it is large, a veil where it is small. */
  function tint(photo, scale, atX, atY) {
    const isSmall = photo.high * scale < 24;
    const [x, y, w, h] = isSmall ? box(photo, atX, atY, 0) : box(photo, atX, atY);
    paper.fillStyle = paper.strokeStyle = ramp[Math.round(photo.score / 100 * (ramp.length - 1))];
    if (isSmall) {
      paper.globalAlpha = 0.8;
      paper.fillRect(x, y, w, h);
      paper.globalAlpha = 1;
    } else {
      const px = paper.lineWidth = Math.max(3, h / 20);
      paper.strokeRect(x + px / 2, y + px / 2, w - px, h - px);
    }
  }

  // ---- Moving ----

  /** Stop any flight where it is. */
  function stop() {
    cancelAnimationFrame(flight);
    isWhole = false;
    heading = null;
  }

  /** Go to a view, in a short flight unless the person wants none. */
  function go(to) {
    stop();
    heading = to;
    const from = { ...view };
    const began = performance.now();
    const lasts = matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 200;
    const step = now => {
      const done = lasts ? Math.min(Math.max((now - began) / lasts, 0), 1) : 1;
      const eased = 1 - (1 - done) ** 3;
      view.scale = from.scale * (to.scale / from.scale) ** eased;
      view.x = from.x + (to.x - from.x) * eased;
      view.y = from.y + (to.y - from.y) * eased;
      isWhole = done === 1 && Boolean(to.isWhole);
      if (done === 1) heading = null;
      draw();
      if (done < 1) flight = requestAnimationFrame(step);
    };
    flight = requestAnimationFrame(step);
  }

  const whole = () => go({ x: width / 2, y: height / 2, scale: fit(), isWhole: true });
  const middle = photo => ({ x: photo.left + photo.wide / 2, y: photo.top + photo.high / 2 });

  /** Zoom to the photo that was walked to, else to the middle of what is in sight. */
  function closer(factor) {
    const from = heading || view; // keys may come faster than flights end
    const to = current && factor > 1 ? middle(current) : { x: from.x, y: from.y };
    go({ ...to, scale: Math.min(Math.max(from.scale * factor, fit()), scaleMax()) });
  }

  const closeScale = photo => Math.min(0.7 * Math.min(canvas.clientWidth / photo.wide, canvas.clientHeight / photo.high),
                                       scaleMax());
  const approach = photo => go({ ...middle(photo), scale: closeScale(photo) });

  /** Zoom at once, so that what is under a point of the screen stays there. */
  function zoomAt(x, y, factor) {
    stop();
    const [px, py] = pictureAt(x, y);
    view.scale = Math.min(Math.max(view.scale * factor, fit()), scaleMax());
    const [nx, ny] = pictureAt(x, y);
    view.x += px - nx;
    view.y += py - ny;
    draw();
  }

  function pictureAt(x, y) {
    const edges = canvas.getBoundingClientRect();
    return [view.x + (x - edges.left - edges.width / 2) / view.scale,
            view.y + (y - edges.top - edges.height / 2) / view.scale];
  }

  function photoAt(x, y) {
    const [px, py] = pictureAt(x, y);
    return photos.find(({ left, top, wide, high }) => px >= left && px < left + wide && py >= top && py < top + high) || null;
  }

  // ---- One photo ----

  function tell() {
    const photo = pointed || current;
    const about = byId("about");
    about.replaceChildren();
    if (!photo) return;
    const score = document.createElement("b");
    score.textContent = photo.score;
    const link = document.createElement("a");
    link.href = photo.link.href;
    link.textContent = photo.link.textContent;
    about.replaceChildren(score, `${photo.number + 1} of ${photos.length}`, link);
  }

  function choose(photo) {
    if (!photo) return;
    current = photo;
    pointed = null;
    tell();
    byId("said").textContent =
      `${photo.link.textContent}, score ${photo.score}, ${photo.number + 1} of ${photos.length}`;
    draw();
  }

  function walkTo(photo) {
    if (!photo) return;
    choose(photo);
    const seen = heading || view;
    const across = canvas.clientWidth / seen.scale / 2, down = canvas.clientHeight / seen.scale / 2;
    if (isWhole || (photo.left >= seen.x - across && photo.left + photo.wide <= seen.x + across &&
                    photo.top >= seen.y - down && photo.top + photo.high <= seen.y + down)) return;
    go({ ...middle(photo), scale: seen.scale });
  }

  /** Return the photo that lies next in a direction: as straight ahead as may be, and near. */
  function beyond(photo, across, down) {
    const here = middle(photo);
    let best = null, least = Infinity;
    for (const other of photos) {
      const there = middle(other);
      const [dx, dy] = [there.x - here.x, there.y - here.y];
      const ahead = dx * across + dy * down, aside = Math.abs(dx * down) + Math.abs(dy * across);
      if (ahead > 0.5 * (across ? 1 : photo.high) && ahead + 3 * aside < least) [best, least] = [other, ahead + 3 * aside];
    }
    return best;
  }

  function walk(key) {
    if (!current) return photos[0];
    if (walks === "order" && key === "ArrowLeft") return photos[current.number - 1];
    if (walks === "order" && key === "ArrowRight") return photos[current.number + 1];
    return beyond(current, ...{ ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[key]);
  }

  // ---- Mouse, touch and keys ----

  const fingers = new Map();
  let way = 0; // how far the pointer has moved since it came down

  canvas.addEventListener("pointerdown", event => {
    canvas.setPointerCapture(event.pointerId);
    if (!fingers.size) way = 0;
    fingers.set(event.pointerId, [event.clientX, event.clientY]);
    canvas.classList.add("moves");
  });
  canvas.addEventListener("pointermove", event => {
    const before = fingers.get(event.pointerId);
    if (!before) {
      if (event.pointerType === "mouse" && pointed !== photoAt(event.clientX, event.clientY)) {
        pointed = photoAt(event.clientX, event.clientY);
        tell();
        draw();
      }
      return;
    }
    const now = [event.clientX, event.clientY];
    const other = [...fingers].find(([id]) => id !== event.pointerId);
    way += Math.hypot(now[0] - before[0], now[1] - before[1]);
    fingers.set(event.pointerId, now);
    stop();
    const share = fingers.size > 1 ? 0.5 : 1; // with two fingers the point between them moves half as far
    view.x -= (now[0] - before[0]) / view.scale * share;
    view.y -= (now[1] - before[1]) / view.scale * share;
    if (other) {
      const [x, y] = other[1];
      const gap = point => Math.hypot(point[0] - x, point[1] - y);
      zoomAt((now[0] + x) / 2, (now[1] + y) / 2, gap(now) / Math.max(gap(before), 1));
    }
    draw();
  });
  for (const kind of ["pointerup", "pointercancel"]) {
    canvas.addEventListener(kind, event => {
      const wasOne = fingers.size === 1;
      fingers.delete(event.pointerId);
      if (!fingers.size) canvas.classList.remove("moves");
      if (kind === "pointerup" && wasOne && way < 6) choose(photoAt(event.clientX, event.clientY));
    });
  }
  canvas.addEventListener("pointerleave", event => {
    const isToLink = event.relatedTarget && event.relatedTarget.closest("#about");
    if (!pointed || fingers.size || (isToLink && !current)) return;
    pointed = null;
    tell();
    draw();
  });
  canvas.addEventListener("dblclick", event => {
    const photo = photoAt(event.clientX, event.clientY);
    if (photo) approach(photo);
  });
  canvas.addEventListener("wheel", event => {
    event.preventDefault();
    zoomAt(event.clientX, event.clientY, Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.0016)));
  }, { passive: false });

  const actions = {
    "+": () => closer(1.6), "=": () => closer(1.6), "-": () => closer(1 / 1.6), "0": whole,
    Home: () => walkTo(photos[0]), End: () => walkTo(photos[photos.length - 1]),
    Enter: () => current && current.link.click(),
    " ": () => current && (view.scale < 0.99 * closeScale(current) ? approach(current) : whole()),
    c: () => colour && colour.click(), l: () => byId("names").click(), "?": () => byId("help").click(),
  };
  document.addEventListener("keydown", event => {
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    if (event.target.matches("button, a") && ["Enter", " "].includes(event.key)) return;
    const action = event.key.startsWith("Arrow") ? () => walkTo(walk(event.key)) : actions[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  });
  byId("in").addEventListener("click", () => closer(1.6));
  byId("out").addEventListener("click", () => closer(1 / 1.6));
  byId("whole").addEventListener("click", whole);
  byId("names").addEventListener("click", () => byId("list").showModal());
  byId("help").addEventListener("click", () => byId("keys").showModal());
  if (colour) colour.addEventListener("click", () => {
    colour.ariaPressed = String(colour.ariaPressed !== "true");
    draw();
  });
  new ResizeObserver(draw).observe(canvas);
  begin();
  draw();
}
