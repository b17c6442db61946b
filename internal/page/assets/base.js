// SPDX-License-Identifier: Apache-2.0

// What the pictures of the page share: words for numbers, colours, a canvas. The files
// of this folder become one script, in one function (page.go): base, icicle, timeline,
// start. The same script serves a browser and VS Code's panel, where a click goes to
// the line.

const vscode = typeof acquireVsCodeApi === "function" ? acquireVsCodeApi() : undefined;

const units = ["B", "KiB", "MiB", "GiB", "TiB"];
function bytes(n) {
  let i = 0;
  while (n >= 1024 && i < units.length - 1) { n /= 1024; i++; }
  return `${i === 0 || n >= 100 ? Math.round(n) : Number(n.toPrecision(3))} ${units[i]}`;
}
function micros(n) {
  if (n >= 60e6) return `${Math.floor(n / 60e6)} min ${Math.round((n % 60e6) / 1e6)} s`;
  if (n >= 1e6) return `${Number((n / 1e6).toPrecision(3))} s`;
  return n >= 1e3 ? `${Number((n / 1e3).toPrecision(3))} ms` : `${Math.round(n)} µs`;
}
const told = { bytes, microseconds: micros, count: (n) => Math.round(n).toLocaleString("en") };
const percent = (part, all) => all > 0 ? `${part > 0 && part / all < 0.01 ? "< 1" : Math.round(100 * part / all)} %` : "";
const place = (f) => f && f.file ? f.file + (f.line ? `:${f.line}` : "") : "";

function element(tag, properties, ...children) {
  const e = document.createElement(tag);
  for (const [k, v] of Object.entries(properties || {})) {
    if (k in e && k !== "role") e[k] = v; else e.setAttribute(k, v);
  }
  e.append(...children);
  return e;
}

// open goes to a line: the focus goes along where that was asked for by itself.
function open(where, focus) {
  if (vscode && where) vscode.postMessage({ place: where, focus: focus === true });
}

// Colours: a hue a kind, a shade a name; read again when the theme changes.

const hues = { rule: 28, aspect: 12, function: 44, field: 205, target: 150, file: 265, bazel: 0, shared: 310 };
const media = (q) => window.matchMedia(q);
let printing = false;
function theme() {
  const css = getComputedStyle(document.body);
  const get = (name) => css.getPropertyValue(name).trim();
  const ground = printing ? "#ffffff" : get("--ground");
  const probe = document.createElement("canvas").getContext("2d");
  probe.fillStyle = ground || "#ffffff";
  probe.fillRect(0, 0, 1, 1);
  const [r, g, b] = probe.getImageData(0, 0, 1, 1).data;
  const contrast = media("(forced-colors: active)").matches || document.body.classList.contains("vscode-high-contrast");
  return { dark: (r * 299 + g * 587 + b * 114) / 1000 < 128, contrast, ground: ground || "#fff", text: printing ? "#000" : get("--text") || "#000", quiet: printing ? "#444" : get("--quiet") || "#555", line: get("--line") || "#ccc", mark: get("--mark") || "#b00", accent: get("--accent") || "#06c" };
}
function shade(text) {
  let h = 0;
  for (let i = 0; i < text.length; i++) h = (h * 31 + text.charCodeAt(i)) | 0;
  return (h >>> 0) % 100 / 100;
}
function colour(t, frame, faint) {
  if (t.contrast) return t.ground;
  const s = shade(frame.name), hue = (hues[frame.kind] ?? 44) + (s - 0.5) * 18;
  const saturation = frame.kind === "bazel" ? 0 : 58;
  const light = t.dark ? 30 + s * 8 : 78 - s * 8;
  return `hsl(${hue} ${faint ? saturation / 4 : saturation}% ${faint ? (t.dark ? 20 : 92) : light}%)`;
}

// A canvas that fits its place and is sharp.

class Stage {
  constructor(height, draw) {
    this.canvas = element("canvas", { "aria-hidden": "true" });
    this.box = element("div", { className: "stage", tabIndex: 0 }, this.canvas);
    this.context = this.canvas.getContext("2d");
    this.draw = draw;
    this.height = height;
    new ResizeObserver(() => this.again()).observe(this.box);
    media("(prefers-color-scheme: dark)").addEventListener("change", () => this.again());
    new MutationObserver(() => this.again()).observe(document.body, { attributes: true, attributeFilter: ["class"] });
    window.addEventListener("beforeprint", () => { printing = true; this.now(); });
    window.addEventListener("afterprint", () => { printing = false; this.now(); });
  }
  again() {
    if (!this.asked) this.asked = requestAnimationFrame(() => { this.asked = 0; this.now(); });
  }
  now() {
    const scale = window.devicePixelRatio || 1, width = Math.max(50, this.box.clientWidth);
    if (this.canvas.width !== Math.round(width * scale) || this.canvas.height !== Math.round(this.height * scale)) {
      this.canvas.width = Math.round(width * scale);
      this.canvas.height = Math.round(this.height * scale);
      this.canvas.style.height = `${this.height}px`;
    }
    this.width = width;
    this.context.setTransform(scale, 0, 0, scale, 0, 0);
    this.draw(this.context, width, this.height, theme());
  }
}

const fontSize = 13, font = `${fontSize}px system-ui, sans-serif`;
const widths = new Map();
function fitted(c, text, width) {
  if (width < 18) return "";
  let w = widths.get(text);
  if (w === undefined) widths.set(text, (w = c.measureText(text).width));
  if (w <= width) return text;
  const keep = Math.floor(text.length * width / w) - 1;
  return keep < 2 ? "" : text.slice(0, keep) + "…";
}
