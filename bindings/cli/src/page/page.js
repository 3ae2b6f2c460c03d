"use strict";
// Everything that comes from a plugin goes into the page through textContent: never as markup.
(() => {
  const root = document.documentElement;
  const button = document.getElementById("theme");
  const theme = dark => { root.dataset.theme = dark ? "dark" : "light"; button.setAttribute("aria-pressed", String(dark)); };
  theme(matchMedia("(prefers-color-scheme: dark)").matches);
  button.addEventListener("click", () => theme(root.dataset.theme !== "dark"));

  const element = (tag, text, className) => {
    const e = document.createElement(tag);
    if (text !== undefined) e.textContent = text;
    if (className) e.className = className;
    return e;
  };

  class Program {
    constructor(section, data) {
      this.data = data;
      this.section = section;
      const one = s => section.querySelector(s);
      [this.select, this.range, this.count, this.insn, this.regs, this.gap] =
        [".path", ".at", ".count", ".insn", ".regs tbody", ".gapnote"].map(one);
      this.rows = new Map([...section.querySelectorAll("tr[data-l]")].map(r => [r.dataset.l, r]));
      this.blocks = new Map([...section.querySelectorAll("g[data-b]")].map(g => [Number(g.dataset.b), g]));
      this.edges = [...section.querySelectorAll("path[data-e]")];
      this.asm = new Map([...section.querySelectorAll("tr[data-i]")].map(r => [Number(r.dataset.i), r]));
      this.blockOf = [];
      data.blocks.forEach(([start, end], b) => { for (let i = start; i < end; i++) this.blockOf[i] = b; });
      this.select.addEventListener("change", () => this.choose(Number(this.select.value)));
      this.range.addEventListener("input", () => this.show(Number(this.range.value)));
      const step = { first: () => 0, prev: () => this.at - 1, next: () => this.at + 1, last: () => this.path.steps.length - 1 };
      for (const name of Object.keys(step)) one("." + name).addEventListener("click", () => this.show(step[name]()));
      this.rows.forEach((row, key) => row.addEventListener("click", () => this.goto(i => data.insns[i][2] === key)));
      this.blocks.forEach((g, b) => {
        const go = () => this.goto(i => this.blockOf[i] === b);
        g.addEventListener("click", go);
        g.addEventListener("keydown", e => { if (e.key === "Enter" || e.key === " ") { e.preventDefault(); go(); } });
      });
      section.addEventListener("keydown", e => this.key(e));
      this.choose(0);
    }

    key(e) {
      const own = e.target.closest("select, input, summary, .scroll");
      if (e.ctrlKey || e.metaKey || e.altKey || own && !e.target.closest("g[data-b]")) return;
      const paths = this.data.paths.length;
      const step = { ArrowLeft: this.at - 1, ArrowRight: this.at + 1, Home: 0, End: this.path.steps.length - 1 }[e.key];
      const path = { "[": this.index - 1, "]": this.index + 1 }[e.key];
      if (step !== undefined) this.show(step);
      else if (path !== undefined) this.choose(Math.min(Math.max(path, 0), paths - 1));
      else return;
      e.preventDefault();
    }

    // The next step, going round, at an instruction that is meant.
    goto(meant) {
      const n = this.path.steps.length;
      for (let k = 1; k <= n; k++) {
        const at = (this.at + k) % n;
        if (meant(this.path.steps[at][0])) { this.show(at); return; }
      }
    }

    choose(index) {
      this.index = index;
      this.path = this.data.paths[index];
      this.select.value = String(index);
      this.range.max = String(Math.max(this.path.steps.length - 1, 0));
      const on = new Set(), walked = new Set(), lines = new Set();
      let before;
      this.path.steps.forEach(([insn], at) => {
        const block = this.blockOf[insn];
        const broken = this.path.left && this.path.left[1] === at;
        if (before !== undefined && !broken && (before !== block || insn === this.data.blocks[block][0])) walked.add(before + "-" + block);
        on.add(block);
        lines.add(this.data.insns[insn][2]);
        before = block;
      });
      this.blocks.forEach((g, b) => {
        g.classList.toggle("on", on.has(b));
        g.classList.toggle("fail", this.path.failed && b === before);
      });
      this.edges.forEach(e => e.classList.toggle("on", walked.has(e.dataset.e)));
      this.rows.forEach((row, key) => row.classList.toggle("on", lines.has(key)));
      this.show(this.path.steps.length - 1);
    }

    // Shows the state before a step: all changes up to there, those of the last step marked.
    show(at) {
      const steps = this.path.steps;
      if (!steps.length) return;
      this.at = Math.min(Math.max(at, 0), steps.length - 1);
      const known = new Map(), said = new Map();
      for (let k = 0; k <= this.at; k++) {
        const line = k > 0 ? this.data.insns[steps[k - 1][0]][2] : null;
        const changes = [];
        for (const [place, name, value] of steps[k][2]) {
          if (value === null) known.delete(place); else { known.set(place, [name, value]); changes.push([name || place, value]); }
        }
        if (line !== null && k > 0) {
          const same = k > 1 && this.data.insns[steps[k - 2][0]][2] === line;
          said.set(line, (same ? said.get(line) || [] : []).concat(changes));
        }
      }
      const [insn, depth, changes] = steps[this.at];
      const [slot, text, line] = this.data.insns[insn];
      this.range.value = String(this.at);
      this.count.textContent = "step " + (this.at + 1) + " of " + steps.length;
      this.insn.textContent = slot + ": " + text + (depth ? "   (in a function, " + depth + " deep)" : "");
      const left = this.path.left;
      this.gap.textContent = left ? left[0] + " steps are left out after step " + left[1] + "." : "";
      this.table(known, changes);
      this.rows.forEach((row, key) => {
        row.classList.toggle("now", key === line);
        this.say(row.lastElementChild, said.get(key) || []);
      });
      this.blocks.forEach((g, b) => g.classList.toggle("now", b === this.blockOf[insn]));
      this.asm.forEach((row, i) => row.classList.toggle("now", i === insn));
    }

    table(known, changes) {
      const fresh = new Set(changes.map(c => c[0]));
      const order = p => p === "held" ? 1e6 : p.startsWith("r") ? Number(p.slice(1)) : 1e3 - Number(p.slice(5));
      const rows = [...known].map(([place, [name, value]]) => [place, name || "", value, fresh.has(place) ? "new" : ""]);
      for (const [place, , value] of changes) if (value === null) rows.push([place, "", "no longer known", "gone"]);
      rows.sort((a, b) => order(a[0]) - order(b[0]));
      this.regs.replaceChildren(...rows.map(([place, name, value, mark]) => {
        const row = element("tr", undefined, mark);
        row.append(element("td", place), element("td", name), element("td", value));
        return row;
      }));
    }

    // What a line changed when it was last passed: named values first.
    say(cell, changes) {
      const last = new Map(changes.filter(([name]) => !/^(r\d|held)$/.test(name)));
      const shown = last.size ? [...last] : changes.slice(-1);
      cell.replaceChildren(...shown.slice(-4).map(([name, value]) => {
        const e = element("span");
        e.append(element("b", name), " = " + value);
        return e;
      }));
    }
  }

  const data = JSON.parse(document.getElementById("data").textContent);
  for (const section of document.querySelectorAll("section.program")) {
    const own = data[Number(section.dataset.p)];
    if (own && own.paths.length) section.stingless = new Program(section, own);
  }
})();
