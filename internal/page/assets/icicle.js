// SPDX-License-Identifier: Apache-2.0

// An icicle, or a treemap, of what hangs on what.

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
      squares(tree.children[i], tree.value(i), x + 2, y + row, w - 4, h - row - 2, (child, bx, by, bw, bh) => place(child, bx, by, bw, bh, level - 1));
    };
    place(zoom, 0, 0, width, height, 3);
  }

  // squares shares a box of that total out; what is the node's own stays free.
  function squares(children, total, x, y, w, h, each) {
    const values = children.map((i) => tree.value(i));
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
    if (where) detail.append(element("br"), vscode ? element("button", { type: "button", onclick: () => open(where, true) }, `Open ${where}`) : element("code", {}, where));
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
      o: () => open(place(tree.frame(chosen)), true),
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
  return { count: tree.parent.length, frame: () => stage.now(), zoomTo, tree, find: (word) => { search.value = word; find(); } };
}
