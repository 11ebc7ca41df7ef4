// Walls: a frame a second of one byte a cell, drawn on a canvas a group; only what changed is drawn, and only what stands out has a colour.
const HEADER = 13, VERSION = 2;
const CALM = 2;
const DAY = { day: "2-digit", month: "2-digit", year: "numeric" };
const FIRST_WAIT = 500, LONGEST_WAIT = 30_000, LATE = 3000, GONE = 10_000, SPOKEN_EVERY = 5000;
const fill = (sentence, values) => sentence.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");

class Wall {
  constructor(place) {
    this.place = place;
    this.words = place.dataset;
    this.columns = Number(place.dataset.columns);
    this.paint = getComputedStyle(place);
    this.line = place.querySelector(".line");
    this.counts = place.querySelector(".counts");
    this.aloud = place.querySelector(".aloud");
    this.pointed = place.querySelector(".pointed");
    let first = 0;
    this.groups = [...place.querySelectorAll(".group")].map((figure) => {
      const cells = Number(figure.dataset.cells);
      const group = { first, cells, rows: Math.ceil(cells / this.columns), canvas: figure.querySelector("canvas"), said: figure.querySelector(".said"),
        title: figure.querySelector("figcaption span").textContent.trim() };
      first += cells;
      figure.addEventListener("pointermove", (event) => this.point(group, event));
      figure.addEventListener("pointerleave", () => { this.pointed.textContent = "\u00a0"; });
      return group;
    });
    this.cells = first;
    this.shown = null;
    this.frame = null;
    this.times = 0;
    this.spokenAt = -Infinity;
    this.resized = new ResizeObserver(() => this.measure());
    for (const group of this.groups) this.resized.observe(group.canvas);
    place.querySelector(".listed").addEventListener("toggle", () => this.list());
    this.clock = setInterval(() => this.look(), 1000);
    this.connect();
    if (!globalThis.htmx) this.listen();
  }

  connect() {
    const address = new URL(`/live/${encodeURIComponent(this.words.wall)}`, location.href);
    address.protocol = address.protocol.replace("http", "ws");
    const socket = new WebSocket(address);
    this.socket = socket;
    socket.binaryType = "arraybuffer";
    socket.onmessage = ({ data }) => {
      if (data.byteLength !== HEADER + this.cells || new Uint8Array(data)[0] !== VERSION) { this.say("lost", this.words.wallOther); return; }
      this.times = 0;
      this.cameAt = performance.now();
      const head = new DataView(data, 0, HEADER);
      this.steps = head.getUint8(1);
      this.at = head.getUint16(6, true) + head.getUint32(8, true) * 65536;
      this.frame = new Uint8Array(data, HEADER);
      this.waiting ??= requestAnimationFrame(() => { this.waiting = null; this.draw(); });
      this.silent = head.getUint8(12) === 1;
      if (this.silent) this.say("lost", fill(this.words.wallSilent, { time: this.time(DAY) }));
      else this.say("live", fill(this.words.wallLive, { time: this.time() }));
    };
    socket.onclose = () => {
      if (this.socket !== socket || !this.place.isConnected) return;
      const wait = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** this.times) * (0.8 + 0.4 * Math.random());
      this.times += 1;
      this.dueAt = performance.now() + wait;
      this.socket = null;
      this.retry = setTimeout(() => this.connect(), wait);
      this.look();
    };
  }

  // The instant up to which the source told, by the clock of the place it comes from, which is named; by the reader's own where it names none.
  time(day) {
    const zone = this.words.zone ? { timeZone: this.words.zone, timeZoneName: "short" } : {};
    const clock = { hour: "2-digit", minute: "2-digit", second: "2-digit" };
    // Days are written as everywhere on the pages, year first.
    return new Date(this.at).toLocaleString(day ? "sv-SE" : this.words.lang === "zh" ? "zh-CN" : "en-GB", { ...day, ...clock, ...zone });
  }

  // Once a second: is the picture still of now?
  look() {
    if (!this.place.isConnected) { this.end(); return; }
    if (!this.socket) {
      this.say("lost", fill(this.words.wallLost, { times: this.times, seconds: Math.max(0, Math.ceil((this.dueAt - performance.now()) / 1000)) }));
      return;
    }
    const age = performance.now() - (this.cameAt ?? performance.now());
    if (age > GONE && this.socket.readyState === WebSocket.OPEN) { const old = this.socket; old.onclose?.(); old.onclose = null; old.close(); }
    else if (age > LATE) this.say("lost", fill(this.words.wallLate, { seconds: Math.round(age / 1000) }));
  }

  say(kind, words) {
    if (this.kind !== kind) {
      this.kind = kind;
      this.line.className = `line ${kind}`;
      this.place.classList.toggle("stale", kind === "lost");
      // A screen reader hears that the connection went or came back, not every second of it.
      this.line.setAttribute("aria-live", "polite");
    } else this.line.setAttribute("aria-live", "off");
    this.line.textContent = words;
  }

  measure() {
    const wide = devicePixelRatio;
    for (const group of this.groups) {
      const width = group.canvas.clientWidth;
      if (!width) continue;
      group.step = Math.max(2, Math.floor((width * wide) / this.columns));
      group.canvas.width = group.step * this.columns;
      group.canvas.height = Math.round(group.step * 1.25) * group.rows;
      group.tall = Math.round(group.step * 1.25);
      group.canvas.style.aspectRatio = `${group.canvas.width} / ${group.canvas.height}`;
    }
    this.shown = null;
    if (this.frame) this.draw();
  }

  colours() {
    const named = (name) => this.paint.getPropertyValue(`--wall-${name}`).trim();
    const low = [1, 2, 3].map((k) => named(`low-${k}`)), high = [1, 2, 3].map((k) => named(`high-${k}`));
    const calm = named("calm"), alarm = named("alarm"), watch = named("watch"), off = named("off");
    return (cell) => {
      const state = cell & 3, deviation = ((cell >> 2) - 32) / this.steps, size = Math.abs(deviation);
      if (state === 3) return off;
      if (state === 2) return alarm;
      if (state === 1) return watch;
      if (size < CALM) return calm;
      return (deviation < 0 ? low : high)[Math.min(2, Math.floor(size - CALM))];
    };
  }

  draw() {
    const { frame, shown } = this;
    const colour = (this.colouring ??= this.colours());
    let beyond = 0;
    const states = [0, 0, 0, 0];
    for (const group of this.groups) {
      const { canvas, step, tall, first, cells } = group;
      if (!step) { this.measure(); return; }
      const pen = canvas.getContext("2d", { alpha: false });
      if (!shown) { pen.fillStyle = this.paint.getPropertyValue("--wall-gap").trim(); pen.fillRect(0, 0, canvas.width, canvas.height); }
      const gap = step > 4 ? 1 : 0;
      let last = "", alarms = 0, odd = 0;
      const rings = [];
      for (let k = 0; k < cells; k += 1) {
        const cell = frame[first + k], state = cell & 3;
        states[state] += 1;
        if (state === 2) { alarms += 1; rings.push(k); }
        const far = Math.abs((cell >> 2) - 32) >= CALM * this.steps;
        if (far && state !== 3) { beyond += 1; }
        if (state || far) odd += 1;
        if (shown && shown[first + k] === cell) continue;
        const now = colour(cell);
        if (now !== last) { pen.fillStyle = now; last = now; }
        pen.fillRect((k % this.columns) * step, Math.floor(k / this.columns) * tall, step - gap, tall - gap);
      }
      // An alarm has a ring as well as a hue; rings go over the neighbours, so those of the last frame are cleared with them.
      for (const k of group.rings ?? []) if (!shown || (frame[first + k] & 3) !== 2) this.around(pen, group, k, colour, gap);
      pen.strokeStyle = this.paint.getPropertyValue("--wall-ring").trim();
      pen.lineWidth = Math.max(1.5, step / 5);
      for (const k of rings) {
        const x = (k % this.columns) * step, y = Math.floor(k / this.columns) * tall, out = Math.max(2, step / 3);
        pen.strokeRect(Math.max(1, x - out), Math.max(1, y - out), Math.min(canvas.width - 2, step - gap + 2 * out), Math.min(canvas.height - 2, tall - gap + 2 * out));
      }
      group.rings = rings;
      const said = alarms ? `${alarms} ${this.words["state-2"]}` : "";
      if (group.said.textContent !== said) group.said.textContent = said;
      group.canvas.dataset.odd = odd;
    }
    this.shown = frame;
    this.tell(states, beyond);
  }

  around(pen, group, k, colour, gap) {
    const { first, cells, step, tall } = group;
    for (let row = -1; row <= 1; row += 1) for (let column = -1; column <= 1; column += 1) {
      const x = (k % this.columns) + column, y = Math.floor(k / this.columns) + row, n = y * this.columns + x;
      if (x < 0 || x >= this.columns || y < 0 || n >= cells) continue;
      pen.fillStyle = this.paint.getPropertyValue("--wall-gap").trim();
      pen.fillRect(x * step, y * tall, step, tall);
      pen.fillStyle = colour(this.frame[first + n]);
      pen.fillRect(x * step, y * tall, step - gap, tall - gap);
    }
  }

  tell(states, beyond) {
    const number = (n) => n.toLocaleString("en");
    const said = fill(this.words.wallCounts, { cells: number(this.cells), alarm: number(states[2]), watch: number(states[1]), off: number(states[3]), beyond: number(beyond) });
    if (this.counts.textContent !== said) this.counts.textContent = said;
    const now = performance.now();
    if (now - this.spokenAt < SPOKEN_EVERY) return;
    this.list();
    // Said aloud only when the number of alarms is another.
    if (states[2] !== this.spoken) { this.spoken = states[2]; this.aloud.textContent = said; }
    this.spokenAt = now;
  }

  told(n) {
    const cell = this.frame[n], deviation = ((cell >> 2) - 32) / this.steps;
    return { state: this.words[`state-${cell & 3}`], deviation: (deviation > 0 ? "+" : "") + deviation.toFixed(2).replace("-", "−"), size: Math.abs(deviation), code: cell & 3 };
  }

  point(group, event) {
    if (!this.frame) return;
    const box = group.canvas.getBoundingClientRect();
    const x = Math.floor(((event.clientX - box.left) / box.width) * this.columns), y = Math.floor(((event.clientY - box.top) / box.height) * group.rows);
    const k = y * this.columns + x;
    if (x < 0 || x >= this.columns || y < 0 || k >= group.cells) { this.pointed.textContent = "\u00a0"; return; }
    this.pointed.textContent = fill(this.words.wallCell, { group: group.title, number: k + 1, ...this.told(group.first + k) });
  }

  // The cells that stand out, as a table: for whoever cannot see them, and while it is open.
  list() {
    const listed = this.place.querySelector(".listed");
    if (!listed.open || !this.frame) return;
    const found = [];
    for (const group of this.groups) for (let k = 0; k < group.cells; k += 1) {
      const told = this.told(group.first + k);
      if (told.code || told.size >= CALM) found.push([group.title, k + 1, told]);
    }
    found.sort((a, b) => (b[2].code === 2) - (a[2].code === 2) || b[2].size - a[2].size);
    const body = listed.querySelector("tbody");
    body.replaceChildren(...found.slice(0, 100).map(([title, number, told]) => {
      const row = document.createElement("tr");
      for (const [words, kind] of [[title, ""], [number, "number"], [told.deviation, "number"], [told.state, ""]]) {
        const cell = row.insertCell();
        cell.textContent = words;
        cell.className = kind;
      }
      return row;
    }));
  }

  // Without htmx the browser's own event stream brings the figures.
  listen() {
    const place = this.place.querySelector(".told");
    this.stream = new EventSource(place.dataset.told);
    this.stream.onmessage = ({ data }) => { place.innerHTML = data; };
  }

  end() {
    clearInterval(this.clock);
    clearTimeout(this.retry);
    this.resized.disconnect();
    this.stream?.close();
    const socket = this.socket;
    this.socket = null;
    socket?.close();
  }
}

const walls = new WeakSet();
function hang() {
  for (const place of document.querySelectorAll("[data-wall]")) if (!walls.has(place)) { walls.add(place); new Wall(place); }
}
hang();
document.addEventListener("htmx:after:swap", hang);
