// SPDX-License-Identifier: Apache-2.0

// The page: unpacks the data and draws each picture in its place.

const text = atob(document.getElementById("pictures").textContent.trim()), packed = new Uint8Array(text.length);
for (let i = 0; i < text.length; i++) packed[i] = text.charCodeAt(i);
const data = await new Response(new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"))).json();


const pictures = [];
for (const holder of document.querySelectorAll("[data-picture]")) {
  const d = data[Number(holder.dataset.picture)];
  pictures.push(d.timeline ? timelinePicture(holder, d) : icicle(holder, d, holder.dataset.picture));
}
if (vscode) {
  window.addEventListener("message", ({ data: said }) => { if (typeof said.find === "string") for (const p of pictures) if (p && p.find) p.find(said.find); });
  for (const b of document.querySelectorAll("[data-post]")) b.addEventListener("click", () => vscode.postMessage({ post: b.dataset.post }));
  vscode.postMessage({ ready: true });
  for (const code of document.querySelectorAll("code")) {
    const where = code.dataset.place || (/^[^\s<>]+:\d+$/.test(code.textContent) ? code.textContent : "");
    if (where) code.replaceChildren(element("a", { href: "#", onclick: (event) => { event.preventDefault(); open(where, true); } }, code.textContent));
  }
}
// For measurements of how fast it draws (docs/benchmarks.md).
window.starlarkMemls = { pictures };
