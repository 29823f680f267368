
"use strict";
{
  const AGAIN_MS = 5_000; // how often the page is read anew while the run is at work
  const QUIET_AGAIN_MS = 60_000; // and when there has been no news for long
  const state = document.getElementById("state");
  const time = document.querySelector("time");
  const words = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
  const agesIn = [["day", 86_400], ["hour", 3_600], ["minute", 60], ["second", 1]];
  const age_s = () => Math.max(0, (Date.now() - Date.parse(time.dateTime)) / 1000);
  const isQuiet = () => state.dataset.quietAfterS && age_s() > Number(state.dataset.quietAfterS);
  const read = Date.now();

  function tell() {
    const [unit, seconds] = agesIn.find(([, length]) => age_s() >= length) || agesIn.at(-1);
    time.textContent = words.format(-Math.floor(age_s() / seconds), unit);
    time.title = new Date(time.dateTime).toLocaleString();
    if (isQuiet()) {
      state.classList.add("quiet");
      document.getElementById("quiet").hidden = false;
      document.getElementById("words").textContent = state.dataset.quiet;
      document.title = document.title.replace(/^.*?: /, "no news: ");
    }
  }

  /** Read the page anew when it is due; nobody looks at a page that is hidden. */
  function renew() {
    if (document.hidden || Date.now() - read < (isQuiet() ? QUIET_AGAIN_MS : AGAIN_MS)) return;
    location.reload();
  }

  tell();
  setInterval(tell, 1000);
  if (state.dataset.quietAfterS) {
    setInterval(renew, 1000);
    document.addEventListener("visibilitychange", renew);
  }
}
