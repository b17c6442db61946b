// The pictures of the page: an icicle or treemap of what hangs on what, and a
// timeline, drawn on a canvas. The same file serves a browser and VS Code's panel,
// where a click goes to the line.
"use strict";
(async () => {
  const vscode = typeof acquireVsCodeApi === "function" ? acquireVsCodeApi() : undefined;
  const packed = Uint8Array.from(atob(document.getElementById("pictures").textContent.trim()), (c) => c.charCodeAt(0));
  const data = await new Response(new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"))).json();

  // --- words and numbers

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

  function open(where) {
    if (vscode && where) vscode.postMessage({ place: where });
  }

  // --- colours: a hue a kind, a shade a name; read again when the theme changes

  const hues = { rule: 28, aspect: 12, function: 44, field: 205, target: 150, file: 265, bazel: 0, shared: 310 };
  const media = (q) => window.matchMedia(q);
  let printing = false;
  function theme() {
    const css = getComputedStyle(document.documentElement);
    const get = (name) => css.getPropertyValue(name).trim();
    const ground = printing ? "#ffffff" : get("--ground");
    const probe = document.createElement("canvas").getContext("2d");
    probe.fillStyle = ground || "#ffffff";
    probe.fillRect(0, 0, 1, 1);
    const [r, g, b] = probe.getImageData(0, 0, 1, 1).data;
    const contrast = media("(forced-colors: active)").matches || document.documentElement.classList.contains("vscode-high-contrast") || document.body.classList.contains("vscode-high-contrast");
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

  // --- a canvas that fits its place and is sharp

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

  // --- the tree

  class Tree {
    constructor(d) {
      const n = d.parents.length;
      this.frames = d.frames;
      this.all = d.all || "all";
      this.measures = d.measures.filter((m, k) => d.own[k].some((v) => v !== 0));
      const columns = d.own.filter((column) => column.some((v) => v !== 0));
      this.parent = Int32Array.from(d.parents);
      this.of = Int32Array.from(d.of);
      this.depth = new Int32Array(n);
      this.own = columns.map((c) => Float64Array.from(c));
      this.sum = this.own.map((own) => {
        const sum = Float64Array.from(own);
        for (let i = n - 1; i > 0; i--) sum[this.parent[i]] += sum[i];
        return sum;
      });
      this.children = Array.from({ length: n }, () => []);
      for (let i = 1; i < n; i++) { this.children[this.parent[i]].push(i); this.depth[i] = this.depth[this.parent[i]] + 1; }
      this.from = new Float64Array(n);
      this.measure = 0;
      this.lay();
    }
    // lay gives each node its place from 0 to 1, what is heaviest first.
    lay() {
      const sum = this.sum[this.measure], total = sum[0] || 1;
      for (let i = 0; i < this.children.length; i++) {
        const children = this.children[i];
        if (children.length > 1) children.sort((a, b) => sum[b] - sum[a]);
        let at = this.from[i];
        for (const c of children) { this.from[c] = at; at += sum[c] / total; }
      }
    }
    use(measure) { this.measure = measure; this.lay(); }
    value(i) { return this.sum[this.measure][i]; }
    name(i) { return i === 0 ? this.all : this.frames[this.of[i]].name; }
    frame(i) { return i === 0 ? { kind: "bazel", name: this.all } : this.frames[this.of[i]]; }
    tell(n) { return told[this.measures[this.measure].unit](n); }
    path(i) { const path = []; for (; i >= 0; i = this.parent[i]) path.unshift(i); return path; }
    under(i, top) { for (; i > top; i = this.parent[i]); return i === top; }
  }

  const row = 22;

  function icicle(holder, d, index) {
    const tree = new Tree(d);
    if (tree.measures.length === 0) return;
    let zoom = 0, chosen = 0, hovered = -1, found = null, map = false, boxes = [];
    const history = [];

    const measure = element("select", { ariaLabel: "What is counted" }, ...tree.measures.map((m, k) => element("option", { value: k }, m.name.replaceAll("_", " "))));
    const view = element("select", { ariaLabel: "Kind of picture" }, element("option", { value: "icicle" }, "icicle"), element("option", { value: "treemap" }, "treemap"));
    const search = element("input", { type: "search", placeholder: "Search ( / )", ariaLabel: "Search names and files" });
    const matches = element("span", { className: "quiet", role: "status" });
    const back = element("button", { type: "button", title: "Back (Backspace)" }, "Back");
    const out = element("button", { type: "button", title: "Zoom out to all (Home)" }, "All");
    const crumbs = element("nav", { className: "crumbs", ariaLabel: "What is zoomed into" });
    const tip = element("div", { className: "tip", hidden: true });
    const detail = element("div", { className: "told", id: `told${index}` });
    const item = element("div", { role: "treeitem", id: `item${index}` });
    const tools = element("div", { className: "tools" }, element("label", {}, "Measure", measure), element("label", {}, "As", view), search, matches, back, out);

    const stage = new Stage(300, draw);
    stage.box.setAttribute("role", "tree");
    stage.box.setAttribute("aria-label", `${d.title}. Arrow keys move, Enter zooms in, Backspace goes back${vscode ? ", o opens the line" : ""}.`);
    stage.box.setAttribute("aria-activedescendant", item.id);
    stage.box.append(tip, element("div", { className: "hidden", role: "group" }, item));
    holder.append(tools, crumbs, stage.box, detail);

    function deepest() {
      let most = 0;
      const total = tree.value(zoom) || 1;
      const walk = (i) => {
        most = Math.max(most, tree.depth[i]);
        for (const c of tree.children[i]) if (tree.value(c) / total > 0.0005) walk(c);
      };
      walk(zoom);
      return most;
    }

    function draw(c, width, height, t) {
      c.fillStyle = t.ground;
      c.fillRect(0, 0, width, height);
      c.font = font;
      c.textBaseline = "middle";
      boxes = [];
      if (map) return treemap(c, width, height, t);
      const top = tree.path(zoom);
      top.forEach((i, k) => paint(c, t, i, 0, k * row, width, row, i !== zoom));
      const total = tree.value(zoom) || 1, scale = width / total, start = tree.from[zoom], all = tree.value(0) || 1;
      const walk = (i) => {
        for (const child of tree.children[i]) {
          const w = tree.value(child) * scale;
          if (w < 0.6) break; // those behind it are smaller
          paint(c, t, child, (tree.from[child] - start) * all * scale, tree.depth[child] * row, w, row, false);
          walk(child);
        }
      };
      walk(zoom);
    }

    function paint(c, t, i, x, y, w, h, faint) {
      boxes.push([x, y, w, h, i]);
      const frame = tree.frame(i), hit = found && found.has(i);
      c.fillStyle = colour(t, frame, faint || (found && !hit));
      c.fillRect(x, y, Math.max(w - 0.5, 0.5), h - 1);
      if (t.contrast || hit) {
        c.strokeStyle = hit ? t.mark : t.text;
        c.lineWidth = hit ? 2 : 1;
        c.strokeRect(x + 1, y + 1, Math.max(w - 2.5, 0.5), h - 3);
      }
      if (i === chosen) {
        c.strokeStyle = t.accent;
        c.lineWidth = 2.5;
        c.strokeRect(x + 1.25, y + 1.25, Math.max(w - 3, 0.5), h - 3.5);
      }
      const text = fitted(c, tree.name(i), w - 8);
      if (text) {
        c.fillStyle = faint || (found && !hit) ? t.quiet : t.text;
        c.fillText(text, x + 4, y + Math.min(h, row) / 2);
        const left = w - 16 - (widths.get(tree.name(i)) || 0), size = tree.tell(tree.value(i));
        if (left > 60 && fitted(c, size, left) === size) {
          c.fillText(size, x + w - 6 - widths.get(size), y + Math.min(h, row) / 2);
        }
      }
    }

    // treemap draws what is in the zoomed node, squarified, two levels deep.
    function treemap(c, width, height, t) {
      const place = (i, x, y, w, h, level) => {
        paint(c, t, i, x, y, w, h, false);
        if (level === 0 || w < 30 || h < 2 * row) return;
        squares(tree.children[i], x + 2, y + row, w - 4, h - row - 2, (child, bx, by, bw, bh) => place(child, bx, by, bw, bh, level - 1));
      };
      place(zoom, 0, 0, width, height, 3);
    }

    function squares(children, x, y, w, h, each) {
      const values = children.map((i) => tree.value(i));
      const total = values.reduce((a, b) => a + b, 0);
      if (total <= 0) return;
      const area = w * h / total;
      let k = 0;
      while (k < children.length && w > 2 && h > 2) {
        const side = Math.min(w, h), first = k, line = [];
        let sum = 0, worst = Infinity;
        for (; k < children.length; k++) {
          const v = values[k] * area, next = sum + v;
          if (v < 1) break; // those behind it are smaller
          const ratio = Math.max(side * side * Math.max(...line, v) / (next * next), next * next / (side * side * Math.min(...line, v)));
          if (ratio > worst) break;
          line.push(v);
          sum = next;
          worst = ratio;
        }
        if (line.length === 0) return;
        const thick = sum / side;
        let at = 0;
        line.forEach((v, n) => {
          const long = v / thick;
          if (w >= h) each(children[first + n], x, y + at, thick, long); else each(children[first + n], x + at, y, long, thick);
          at += long;
        });
        if (w >= h) { x += thick; w -= thick; } else { y += thick; h -= thick; }
      }
    }

    function describe(i) {
      const frame = tree.frame(i), value = tree.value(i), parent = tree.parent[i];
      const parts = [tree.tell(value), `${percent(value, tree.value(0))} of all`];
      if (zoom !== 0) parts.push(`${percent(value, tree.value(zoom))} of ${tree.name(zoom)}`);
      else if (parent > 0) parts.push(`${percent(value, tree.value(parent))} of ${tree.name(parent)}`);
      return { frame, text: parts.join(", ") };
    }

    function choose(i, go) {
      chosen = i;
      const { frame, text } = describe(i), where = place(frame);
      const bold = element("b", {}, tree.name(i));
      detail.replaceChildren(bold, ` ${text}.`);
      tree.measures.forEach((m, k) => {
        if (k !== tree.measure) detail.append(` ${m.name.replaceAll("_", " ")}: ${told[m.unit](tree.sum[k][i])}.`);
      });
      if (where) detail.append(element("br"), vscode ? element("button", { type: "button", onclick: () => open(where) }, `Open ${where}`) : element("code", {}, where));
      const siblings = i > 0 ? tree.children[tree.parent[i]] : [0];
      item.setAttribute("aria-label", `${frame.kind === "bazel" ? "" : frame.kind + " "}${tree.name(i)}, ${text}${where ? ", " + where : ""}, ${tree.children[i].length} inside`);
      item.setAttribute("aria-level", tree.depth[i] + 1);
      item.setAttribute("aria-posinset", siblings.indexOf(i) + 1);
      item.setAttribute("aria-setsize", siblings.length);
      item.setAttribute("aria-selected", "true");
      if (go) open(where);
      stage.again();
    }

    function zoomTo(i, keep) {
      if (i === zoom) return;
      if (keep !== false) history.push(zoom);
      zoom = i;
      crumbsAgain();
      choose(i);
      size();
    }

    function crumbsAgain() {
      const path = tree.path(zoom);
      crumbs.replaceChildren(...path.flatMap((i, k) => {
        const b = element("button", { type: "button", title: tree.name(i), onclick: () => zoomTo(i) }, tree.name(i));
        if (i === zoom) b.setAttribute("aria-current", "location");
        return k > 0 ? [element("span", { ariaHidden: "true" }, "›"), b] : [b];
      }));
      back.disabled = history.length === 0;
      out.disabled = zoom === 0;
    }

    function size() {
      stage.height = map ? Math.max(420, Math.min(640, window.innerHeight * 0.6)) : Math.max(2 * row, (deepest() + 1) * row + 2);
      stage.again();
    }

    function at(event) {
      const r = stage.canvas.getBoundingClientRect(), x = event.clientX - r.left, y = event.clientY - r.top;
      for (let k = boxes.length - 1; k >= 0; k--) {
        const [bx, by, bw, bh, i] = boxes[k];
        if (x >= bx && x < bx + bw && y >= by && y < by + bh) return i;
      }
      return -1;
    }

    stage.canvas.addEventListener("mousemove", (event) => {
      hovered = at(event);
      tip.hidden = hovered < 0;
      if (hovered < 0) return;
      const { frame, text } = describe(hovered), where = place(frame);
      tip.replaceChildren(element("b", {}, tree.name(hovered)), ` ${text}`, ...(where ? [element("br"), where] : []));
      const r = stage.box.getBoundingClientRect(), x = event.clientX - r.left, y = event.clientY - r.top;
      tip.style.left = `${Math.max(0, Math.min(x + 12, r.width - tip.offsetWidth - 4))}px`;
      tip.style.top = `${y + 18 + tip.offsetHeight > r.height && y - tip.offsetHeight - 8 > 0 ? y - tip.offsetHeight - 8 : Math.min(y + 18, Math.max(0, r.height - tip.offsetHeight))}px`;
    });
    stage.canvas.addEventListener("mouseleave", () => { tip.hidden = true; });
    stage.canvas.addEventListener("click", (event) => { const i = at(event); if (i >= 0) choose(i, true); });
    stage.canvas.addEventListener("dblclick", (event) => { const i = at(event); if (i >= 0) zoomTo(i); });
    stage.canvas.addEventListener("wheel", (event) => {
      if (!event.ctrlKey && !event.metaKey) return; // the page scrolls
      event.preventDefault();
      const i = at(event);
      if (event.deltaY < 0 && i >= 0) {
        const path = tree.path(i), k = path.indexOf(zoom);
        if (k >= 0 && k + 1 < path.length) zoomTo(path[k + 1]);
      } else if (event.deltaY > 0 && zoom > 0) zoomTo(tree.parent[zoom]);
    }, { passive: false });

    stage.box.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.target !== stage.box) return;
      const parent = tree.parent[chosen], siblings = parent >= 0 ? tree.children[parent] : [0], k = siblings.indexOf(chosen);
      const keys = {
        ArrowDown: () => tree.children[chosen].length && choose(tree.children[chosen][0]),
        ArrowUp: () => { if (parent >= 0) { if (chosen === zoom) zoomTo(parent); choose(parent); } },
        ArrowRight: () => chosen !== zoom && k + 1 < siblings.length && choose(siblings[k + 1]),
        ArrowLeft: () => chosen !== zoom && k > 0 && choose(siblings[k - 1]),
        Enter: () => zoomTo(chosen),
        Backspace: () => history.length && zoomTo(history.pop(), false),
        Escape: () => (found ? clear() : zoom > 0 && zoomTo(tree.parent[zoom])),
        Home: () => zoomTo(0),
        o: () => open(place(tree.frame(chosen))),
        "/": () => search.focus(),
      };
      if (keys[event.key]) { event.preventDefault(); keys[event.key](); }
    });

    function clear() { search.value = ""; find(); stage.box.focus(); }
    function find() {
      const word = search.value.trim().toLowerCase();
      found = null;
      matches.textContent = "";
      if (word) {
        const frames = new Set();
        tree.frames.forEach((f, n) => { if (f.name.toLowerCase().includes(word) || (f.file || "").toLowerCase().includes(word)) frames.add(n); });
        found = new Set();
        let sum = 0;
        const inside = new Uint8Array(tree.parent.length);
        for (let i = 1; i < tree.parent.length; i++) {
          const hit = frames.has(tree.of[i]);
          if (hit) found.add(i);
          if (hit && !inside[tree.parent[i]]) sum += tree.value(i);
          inside[i] = hit || inside[tree.parent[i]] ? 1 : 0;
        }
        matches.textContent = found.size ? `${found.size.toLocaleString("en")} found, ${tree.tell(sum)}, ${percent(sum, tree.value(0))}` : "nothing found";
      }
      stage.again();
    }
    search.addEventListener("input", find);
    search.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && found && found.size) {
        const all = [...found].sort((a, b) => tree.value(b) - tree.value(a)), next = all[(all.indexOf(chosen) + 1) % all.length];
        if (!tree.under(next, zoom)) zoomTo(0);
        choose(next);
      } else if (event.key === "Escape") clear();
    });
    measure.addEventListener("change", () => { tree.use(Number(measure.value)); find(); size(); choose(chosen); });
    view.addEventListener("change", () => { map = view.value === "treemap"; size(); });
    back.addEventListener("click", () => history.length && zoomTo(history.pop(), false));
    out.addEventListener("click", () => zoomTo(0));
    crumbsAgain();
    choose(0);
    size();
    return { count: tree.parent.length, frame: () => stage.now(), zoomTo, tree };
  }

  // --- the timeline: memory, collections, what each thread ran, moments

  function timelinePicture(holder, d) {
    const t0 = d.timeline.start, t1 = Math.max(d.timeline.end, t0 + 1), line = d.timeline;
    let from = t0, to = t1, boxes = [], drag = null;
    const depths = line.threads.map(() => 1);
    for (const s of line.spans) depths[s[0]] = Math.max(depths[s[0]], s[4] + 1);
    const heapHeight = line.memory.length ? 90 : 0, pauseHeight = 26, lane = 16, marksTop = 40, head = marksTop + Math.min(4, line.marks.length) * 17;
    const lanes = [];
    let y = head + heapHeight + pauseHeight + 8;
    for (const n of depths) { lanes.push(y); y += Math.min(n, 6) * lane + 8; }
    const tip = element("div", { className: "tip", hidden: true });
    const status = element("div", { className: "told", role: "status" });
    const stage = new Stage(y + 4, draw);
    const button = (text, title, act) => element("button", { type: "button", title, onclick: act }, text);
    const tools = element("div", { className: "tools" }, button("Zoom in", "Zoom in (+)", () => scale(0.5)), button("Zoom out", "Zoom out (-)", () => scale(2)), button("All", "All (Home)", () => set(t0, t1)), button("The end", "The last second (End)", () => set(t1 - Math.min(1e6, t1 - t0), t1)));
    stage.box.setAttribute("role", "img");
    stage.box.setAttribute("aria-label", `${d.title}: ${micros(t1 - t0)}; ${line.pauses.length} collections, ${line.spans.length} Starlark calls on ${line.threads.length} threads; ${line.marks.map((m) => `${m.name} at ${micros(m.at - t0)}`).join("; ")}. Arrow keys move, plus and minus zoom.`);
    stage.box.append(tip);
    holder.append(tools, stage.box, status);

    function set(a, b) {
      const least = Math.min(1000, t1 - t0), span = Math.min(Math.max(b - a, least), t1 - t0);
      from = Math.min(Math.max(a, t0), t1 - span);
      to = from + span;
      status.textContent = `From ${micros(from - t0)} to ${micros(to - t0)}.`;
      stage.again();
    }
    function scale(by, at) {
      const middle = at ?? (from + to) / 2;
      set(middle - (middle - from) * by, middle + (to - middle) * by);
    }
    const x = (time, width) => (time - from) / (to - from) * width;

    function draw(c, width, height, t) {
      c.fillStyle = t.ground;
      c.fillRect(0, 0, width, height);
      c.font = font;
      c.textBaseline = "middle";
      boxes = [];
      const step = niceStep((to - from) / Math.max(2, width / 110));
      c.fillStyle = t.quiet;
      for (let time = Math.ceil((from - t0) / step) * step; time <= to - t0; time += step) {
        const at = x(time + t0, width);
        c.fillStyle = t.line;
        c.fillRect(Math.round(at), 16, 1, height);
        c.fillStyle = t.quiet;
        c.fillText(micros(time), Math.min(at + 3, width - 50), 9);
      }
      (line.phases || []).forEach((p, k) => {
        const a = Math.max(0, x(p.start, width)), next = line.phases[k + 1], b = Math.min(width, x(next ? next.start : t1, width));
        if (b - a < 2) return;
        c.fillStyle = t.line;
        c.fillRect(a, 20, 1, height);
        c.fillStyle = t.quiet;
        const text = fitted(c, p.name, b - a - 6);
        if (text) c.fillText(text, a + 4, 29);
      });
      if (heapHeight) memory(c, width, t);
      const py = head + heapHeight;
      c.fillStyle = t.quiet;
      for (const [start, length, major] of line.pauses) {
        const a = x(start, width), w = Math.max(1, x(start + length, width) - a);
        if (a > width || a + w < 0) continue;
        c.fillStyle = major ? t.mark : t.accent;
        const h = major ? 18 : 10;
        c.fillRect(a, py + 20 - h, w, h);
        boxes.push([a, py, w, 22, `${major ? "major" : "minor"} collection, ${micros(length)} at ${micros(start - t0)}`]);
      }
      c.fillStyle = t.line;
      c.fillRect(0, py + 21, width, 1);
      for (const [thread, name, start, length, depth] of line.spans) {
        if (depth > 5) continue;
        const a = x(start, width), w = x(start + length, width) - a;
        if (a > width || a + w < 0 || w < 0.3) continue;
        const sy = lanes[thread] + depth * lane, left = Math.max(a, 0), w2 = Math.min(a + w, width) - left;
        c.fillStyle = colour(t, { kind: "function", name: line.names[name] });
        c.fillRect(left, sy, Math.max(w2 - 0.5, 0.7), lane - 1);
        if (t.contrast) { c.strokeStyle = t.text; c.strokeRect(left + 0.5, sy + 0.5, Math.max(w2 - 1, 0.5), lane - 2); }
        c.fillStyle = t.text;
        const text = fitted(c, line.names[name], w2 - 6);
        if (text) c.fillText(text, left + 3, sy + lane / 2);
        boxes.push([left, sy, Math.max(w2, 2), lane, `${line.names[name]}, ${micros(length)} at ${micros(start - t0)}, on ${line.threads[thread]}`]);
      }
      line.marks.forEach((m, k) => {
        const at = x(m.at, width);
        if (at < -1 || at > width + 1) return;
        c.fillStyle = t.mark;
        c.fillRect(Math.min(at, width - 2), 16, 2, height);
        const w = c.measureText(m.name).width, ty = marksTop + 8 + k % 4 * 17;
        c.fillStyle = t.ground;
        const tx = at + 6 + w > width ? Math.max(0, at - 6 - w) : at + 6;
        c.fillRect(tx - 2, ty - 8, w + 4, 16);
        c.fillStyle = t.mark;
        c.fillText(m.name, tx, ty);
      });
    }

    function memory(c, width, t) {
      const most = Math.max(...line.memory.map((m) => m[1])) || 1, bottom = head + heapHeight - 4;
      c.beginPath();
      c.moveTo(x(line.memory[0][0], width), bottom);
      for (const [time, v] of line.memory) c.lineTo(x(time, width), bottom - v / most * (heapHeight - 22));
      c.lineTo(x(line.memory[line.memory.length - 1][0], width), bottom);
      c.closePath();
      c.fillStyle = t.accent;
      c.globalAlpha = 0.25;
      c.fill();
      c.globalAlpha = 1;
      c.fillStyle = t.quiet;
      c.fillText(`memory of Bazel, at most ${bytes(most * 1048576)}`, 4, head + 8);
    }

    function niceStep(least) {
      const ten = 10 ** Math.floor(Math.log10(least));
      return [1, 2, 5, 10].map((k) => k * ten).find((s) => s >= least) || least;
    }
    stage.canvas.addEventListener("mousemove", (event) => {
      const r = stage.canvas.getBoundingClientRect(), mx = event.clientX - r.left, my = event.clientY - r.top;
      if (drag) return set(drag.from - (mx - drag.x) / r.width * (drag.to - drag.from), drag.to - (mx - drag.x) / r.width * (drag.to - drag.from));
      const hit = boxes.findLast(([bx, by, bw, bh]) => mx >= bx - 1 && mx <= bx + bw + 1 && my >= by && my < by + bh);
      tip.hidden = !hit;
      if (!hit) return;
      tip.textContent = hit[4];
      tip.style.left = `${Math.max(0, Math.min(mx + 12, r.width - tip.offsetWidth - 4))}px`;
      tip.style.top = `${my + 18 + tip.offsetHeight > r.height ? my - tip.offsetHeight - 8 : my + 18}px`;
    });
    stage.canvas.addEventListener("mousedown", (event) => { drag = { x: event.clientX - stage.canvas.getBoundingClientRect().left, from, to }; });
    window.addEventListener("mouseup", () => { drag = null; });
    stage.canvas.addEventListener("mouseleave", () => { tip.hidden = true; });
    stage.canvas.addEventListener("wheel", (event) => {
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      const r = stage.canvas.getBoundingClientRect();
      scale(event.deltaY < 0 ? 0.8 : 1.25, from + (event.clientX - r.left) / r.width * (to - from));
    }, { passive: false });
    stage.box.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const part = (to - from) / 5;
      const keys = { ArrowLeft: () => set(from - part, to - part), ArrowRight: () => set(from + part, to + part), "+": () => scale(0.5), "=": () => scale(0.5), "-": () => scale(2), Home: () => set(t0, t1), End: () => set(t1 - Math.min(1e6, t1 - t0), t1) };
      if (keys[event.key]) { event.preventDefault(); keys[event.key](); }
    });
    return { frame: () => stage.now() };
  }

  // --- the page

  const pictures = [];
  for (const holder of document.querySelectorAll("[data-picture]")) {
    const d = data[Number(holder.dataset.picture)];
    pictures.push(d.timeline ? timelinePicture(holder, d) : icicle(holder, d, holder.dataset.picture));
  }
  if (vscode) {
    for (const code of document.querySelectorAll("code")) {
      const where = code.dataset.place || (/^[^\s<>]+:\d+$/.test(code.textContent) ? code.textContent : "");
      if (where) code.replaceChildren(element("a", { href: "#", onclick: (event) => { event.preventDefault(); open(where); } }, code.textContent));
    }
  }
  // For measurements of how fast it draws (docs/benchmarks.md).
  window.starlarkMemls = { pictures };
})();
