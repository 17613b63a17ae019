// What the page can do without, done better: theme, search, numbers under the pointer, folds open in print.
const root = document.documentElement;

const themeButton = document.getElementById("theme");
const themes = ["automatic", "light", "dark"];
themeButton.hidden = false;
themeButton.addEventListener("click", () => {
  const word = themeButton.querySelector("span");
  const next = themes[(themes.indexOf(word.textContent) + 1) % themes.length];
  word.textContent = next;
  if (next === "automatic") delete root.dataset.theme;
  else root.dataset.theme = next;
});

const finder = document.querySelector(".finder");
if (finder) {
  finder.hidden = false;
  const cards = [...document.querySelectorAll(".card")];
  const status = finder.querySelector("[role=status]");
  finder.querySelector("input").addEventListener("input", (event) => {
    const wanted = event.target.value.trim().toLowerCase();
    let shown = 0;
    for (const card of cards) {
      card.hidden = !card.dataset.name.includes(wanted);
      if (!card.hidden) shown++;
    }
    const more = document.querySelector("details.more");
    if (more && wanted) more.open = true;
    status.textContent = wanted ? `${shown} of ${cards.length} columns` : "";
  });
}

const heat = document.querySelector(".heat");
if (heat) {
  const names = JSON.parse(heat.dataset.names);
  const readout = document.querySelector(".readout");
  const figures = [...heat.querySelectorAll("figure")];
  const values = figures.map((figure) => figure.dataset.values.split(";").map((row) => row.split(",")));
  const at = (matrix, a, b) => matrix[Math.max(a, b)][Math.min(a, b)] || "–";
  const hundredths = (text) => (text === "–" ? text : (Number(text) / 100).toFixed(2).replace("-", "−"));
  for (const figure of figures) {
    const svg = figure.querySelector("svg");
    const margin = figure.classList.contains("wide-square") ? [96, 4] : [2, 2];
    svg.addEventListener("pointermove", (event) => {
      const box = svg.getBoundingClientRect();
      const scale = svg.viewBox.baseVal.width / box.width;
      const side = (svg.viewBox.baseVal.width - margin[0] - (margin[0] > 2 ? 4 : 2)) / names.length;
      const column = Math.floor(((event.clientX - box.left) * scale - margin[0]) / side);
      const row = Math.floor(((event.clientY - box.top) * scale - margin[1]) / side);
      if (column < 0 || row < 0 || column >= names.length || row >= names.length || row === column) return;
      const [real, synthetic, difference] = values.map((matrix) => hundredths(at(matrix, row, column)));
      readout.textContent = `${names[row]} × ${names[column]}: real ${real}, synthetic ${synthetic}, difference ${difference}`;
    });
  }
}

let opened = [];
addEventListener("beforeprint", () => {
  opened = [...document.querySelectorAll("details.more:not([open])")];
  for (const fold of opened) fold.open = true;
});
addEventListener("afterprint", () => {
  for (const fold of opened) fold.open = false;
});
