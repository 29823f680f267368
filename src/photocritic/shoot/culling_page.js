
"use strict";
{
  const links = [...document.querySelectorAll(".photo > a")];
  const large = document.getElementById("large");
  const keys = document.getElementById("keys");
  const piles = [...document.querySelectorAll("input[name=pile]")];
  const part = name => large.querySelector("." + name);
  let pile = "all"; // which one is shown
  let current = null; // the link of the photo that was last walked to
  let original = null; // the whole photo, while it is loaded

  const isShown = link => pile === "all" || link.parentElement.classList.contains(pile);
  const groupOf = link => link.closest(".group");

  /** Return the next link that is wanted from one on, or undefined. */
  function found(link, step, isWanted) {
    let at = links.indexOf(link) + step;
    while (links[at] && !isWanted(links[at])) at += step;
    return links[at];
  }

  function besideGroup(link, step) {
    const there = found(link, step, other => isShown(other) && groupOf(other) !== groupOf(link));
    return there && links.find(other => groupOf(other) === groupOf(there) && isShown(other));
  }

  /** Return the photo that walking begins at: the current one, else the first in sight. */
  function start() {
    if (current && isShown(current)) return current;
    const box = link => pile === "all" ? groupOf(link) : link.parentElement; // what the browser lays out in any case
    return links.find(link => isShown(link) && box(link).getBoundingClientRect().bottom > 120) || links.find(isShown);
  }

  function walkTo(link) {
    if (!link) return;
    current = link;
    if (large.open) return open(link);
    link.focus({ preventScroll: true });
    link.parentElement.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  function open(link) {
    current = link;
    const picture = link.firstElementChild.cloneNode(true);
    picture.loading = "eager";
    part("stage").replaceChildren(picture);
    part("about").replaceChildren(...[
      groupOf(link).querySelector("h3"), link.querySelector(".pile"), link.nextElementSibling,
    ].map(element => element.cloneNode(true)));
    const shown = links.filter(isShown);
    part("place").textContent = `${shown.indexOf(link) + 1} of ${shown.length}`;
    part("about").className = link.parentElement.className.replace("photo", "about");
    part("before").disabled = link === shown[0];
    part("next").disabled = link === shown[shown.length - 1];
    load(link, picture);
    if (large.open) return;
    large.showModal();
    large.focus(); // not the first button
  }

  /** Put the original in the thumbnail's place as soon as it is there; some no browser shows. */
  function load(link, picture) {
    if (original) original.removeAttribute("src");
    part("preview").textContent = "This is a small preview.";
    original = null;
    if (link.href === picture.src) return;
    const whole = original = new Image();
    whole.alt = picture.alt || "";
    whole.src = link.href;
    whole.decode().then(() => {
      if (original !== whole) return;
      part("stage").replaceChildren(whole);
      part("preview").textContent = "";
    }, () => {});
  }

  function showPile(input) {
    pile = input.value;
    if (current) walkTo(isShown(current) ? current : found(current, 1, isShown) || found(current, -1, isShown));
  }

  document.querySelector("main").addEventListener("click", event => {
    const link = event.target.closest(".photo > a");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    open(link);
  });
  part("before").addEventListener("click", () => walkTo(found(current, -1, isShown)));
  part("next").addEventListener("click", () => walkTo(found(current, 1, isShown)));
  large.addEventListener("close", () => {
    if (original) original.removeAttribute("src");
    original = null;
    walkTo(current);
  });
  document.getElementById("help").addEventListener("click", () => keys.showModal());
  for (const input of piles) {
    input.addEventListener("change", () => showPile(input));
    // After a click the arrow keys shall walk through the photos, not through the piles.
    input.addEventListener("click", event => { if (event.detail) input.blur(); });
  }
  window.addEventListener("pageshow", () => { pile = piles.find(input => input.checked).value; }); // as a reload left it

  document.addEventListener("keydown", event => {
    if (event.ctrlKey || event.metaKey || event.altKey || keys.open) return;
    const walks = {
      ArrowLeft: link => found(link, -1, isShown),
      ArrowRight: link => found(link, 1, isShown),
      ArrowUp: link => besideGroup(link, -1),
      k: link => besideGroup(link, -1),
      ArrowDown: link => besideGroup(link, 1),
      j: link => besideGroup(link, 1),
    };
    const key = event.key;
    if (walks[key] && !(key.startsWith("Arrow") && event.target.matches("input"))) {
      event.preventDefault();
      const from = start();
      walkTo(from === current ? walks[key](from) : from);
    } else if (key === "Enter" && event.target === document.body && start()) {
      event.preventDefault();
      open(start());
    } else if (key === "?") {
      keys.showModal();
    } else if ("0123".includes(key) && !large.open) {
      if (piles[key].disabled) return;
      piles[key].checked = true;
      showPile(piles[key]);
    }
  });

  // A finger that wipes across the photo turns the page, unless it moves within a photo that was drawn larger.
  let wipe = null;
  part("stage").addEventListener("pointerdown", event => {
    wipe = event.pointerType === "touch" && event.isPrimary && visualViewport.scale < 1.05 ? event : null;
  });
  part("stage").addEventListener("pointerup", event => {
    if (!wipe || !event.isPrimary) return;
    const across = event.clientX - wipe.clientX;
    if (Math.abs(across) > 48 && Math.abs(across) > 2 * Math.abs(event.clientY - wipe.clientY)) {
      walkTo(found(current, across < 0 ? 1 : -1, isShown));
    }
    wipe = null;
  });
}
