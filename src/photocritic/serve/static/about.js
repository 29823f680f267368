/* What a critic says of itself: what it was taught on, how far it agrees with people, and what it does not know. */

import { models } from "./critic.js";
import { element } from "./element.js";
import { Section } from "./section.js";
import { say, words } from "./words.js";

const dialog = document.getElementById("about");
const section = new Section(dialog);

/** Open the dialog about the critic. */
export function showAbout() {
  dialog.showModal();
  section.load(say("page.looking_up"), models, critics => {
    dialog.querySelector(".body").replaceChildren(...critics.flatMap(described));
  });
}

function described(critic) {
  return [
    element("p", {}, critic.summary),
    element("p", { class: "dim" }, `${critic.name} ${critic.version} · ${critic.id}`),
    element("h3", {}, say("page.limits")),
    element("ul", { class: "sentences" }, ...critic.limits.map(limit => element("li", {}, limit))),
    element("h3", {}, say("page.taught_on")),
    element("p", {}, critic.taught_on),
    element("h3", {}, say("page.marks")),
    element("p", { class: "dim" }, say("page.marks_note")),
    element("div", { class: "scroll", role: "region", tabindex: 0, "aria-label": say("page.marks") },
      marksTable(critic.marks)),
    element("p", { class: "dim" }, say("page.licence", critic)),
    element("p", { class: "dim" }, say("page.device", critic)),
  ];
}

function marksTable(marks) {
  const head = ["mark", "value", "mark_on"].map(name => element("th", { scope: "col" }, say(`page.${name}`)));
  const rows = marks.map(({ name, value, low, high, count, on }) => element("tr", {},
    element("th", { scope: "row" }, words.page.mark_names[name] ?? name),
    element("td", { class: "value" }, `${value.toFixed(3)} [${low.toFixed(3)}, ${high.toFixed(3)}]`),
    element("td", {}, `${count.toLocaleString("en")} ${on}`)));
  return element("table", {}, element("thead", {}, element("tr", {}, ...head)), element("tbody", {}, ...rows));
}
