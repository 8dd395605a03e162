"use strict";
(() => {
  const told = JSON.parse(document.getElementById("figures").textContent);
  const SVG = "http://www.w3.org/2000/svg";
  const COLOURS = ["#1d5fbf", "#c2410c", "#15803d", "#7c3aed", "#a16207", "#b91c1c", "#6b7785", "#0e7490"];
  const HEAT = ["#eef3fa", "#c6d9f2", "#8fb5e3", "#6a9dd9", "#1d5fbf", "#123d80"];
  const INK = "#1b2430", MUTED = "#4d5967", TRACK = "#e9edf2";
  const WIDE = 520, LEFT = 62, RIGHT = 16, TOP = 10, PLOT = 190;

  const spoken = (value) =>
    Math.abs(value) >= 1000
      ? Math.round(value).toLocaleString("en-US")
      : Number(value.toPrecision(4)).toLocaleString("en-US", { maximumFractionDigits: 6 });

  function make(tag, attributes, text) {
    const node = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, String(value));
    if (text !== undefined) node.textContent = text;
    return node;
  }

  function put(svg, tag, attributes, pointed, text) {
    const node = make(tag, attributes, text);
    if (pointed) node.appendChild(make("title", {}, pointed));
    svg.appendChild(node);
    return node;
  }

  const label = (svg, x, y, text, more = {}) =>
    put(svg, "text", { x, y, "font-size": 11, fill: MUTED, ...more }, "", text);

  /* How much room a sign takes, in usual small letters. */
  const room = (sign) => (/[\u2e80-\uffef]/.test(sign) ? 1.9 : /[A-Z@%#]/.test(sign) ? 1.4 : 1);

  /* The text in so much room; of a longer one its beginning and its end, which tell it from others. */
  function clipped(text, length) {
    const signs = [...text];
    if (signs.reduce((sum, sign) => sum + room(sign), 0) <= length) return text;
    const taken = (list, most) => {
      let sum = 0;
      return list.slice(0, list.findIndex((sign) => (sum += room(sign)) > most));
    };
    const tail = taken([...signs].reverse(), length * 0.4).reverse();
    return taken(signs, length * 0.6 - 1).join("") + "…" + tail.join("");
  }

  /* A number beside an axis, where there is little room. */
  function brief(value) {
    const told = spoken(value);
    return told.length > 9 ? Intl.NumberFormat("en", { notation: "compact" }).format(value) : told;
  }

  /* Adds up the parts of a chart that fit the filter: value by x and second. */
  function totals(chart, picked) {
    const found = new Map();
    for (const [x, second, part, value, count] of chart.rows) {
      if (picked !== null && chart.filtered && part !== picked) continue;
      const key = JSON.stringify([x, second]);
      const before = found.get(key);
      if (before === undefined) found.set(key, { x, second, value, count });
      else {
        if (chart.aggregate === "min") before.value = Math.min(before.value, value);
        else if (chart.aggregate === "max") before.value = Math.max(before.value, value);
        else before.value += value;
        before.count += count;
      }
    }
    const places = [...found.values()];
    for (const place of places) place.y = chart.aggregate === "mean" ? place.value / place.count : place.value;
    return places;
  }

  const canvas = (height) =>
    make("svg", { viewBox: `0 0 ${WIDE} ${height}`, width: "100%", role: "img", "font-family": "inherit" });

  function ticks(low, high) {
    const rough = (high - low) / 4 || 1;
    const power = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 2.5, 5, 10].map((one) => one * power).find((one) => one >= rough * 0.999);
    const marks = [];
    for (let at = Math.ceil(low / step) * step; at <= high + step * 1e-6; at += step) marks.push(at);
    return marks;
  }

  function upright(svg, low, high) {
    const at = (value) => TOP + PLOT - ((value - low) / (high - low || 1)) * PLOT;
    for (const mark of ticks(low, high)) {
      put(svg, "line", { x1: LEFT, x2: WIDE - RIGHT, y1: at(mark), y2: at(mark), stroke: TRACK });
      label(svg, LEFT - 6, at(mark) + 4, brief(mark), { "text-anchor": "end" });
    }
    return at;
  }

  function legend(svg, names, y) {
    let x = LEFT;
    names.forEach((name, place) => {
      const text = clipped(String(name), 18);
      put(svg, "rect", { x, y: y - 9, width: 10, height: 10, rx: 2, fill: COLOURS[place % COLOURS.length] });
      label(svg, x + 14, y, text);
      x += 26 + text.length * 6.3;
    });
  }

  function line(chart, places) {
    const names = chart.second.length ? chart.second : [null];
    const svg = canvas(TOP + PLOT + (chart.second.length ? 48 : 30));
    const values = places.map((place) => place.y);
    const zero = chart.aggregate === "count" || chart.aggregate === "sum";
    const low = zero ? Math.min(0, ...values) : Math.min(...values);
    const up = upright(svg, low, Math.max(...values));
    const days = chart.x.map((x) => Date.parse(x));
    const first = days[0], span = days[days.length - 1] - first || 1;
    const across = (x) => LEFT + ((Date.parse(x) - first) / span) * (WIDE - LEFT - RIGHT);
    names.forEach((name, place) => {
      const known = new Map(places.filter((one) => one.second === name).map((one) => [one.x, one]));
      if (known.size && chart.fills)
        for (const x of chart.x) if (!known.has(x)) known.set(x, { x, second: name, y: 0 });
      const own = chart.x.filter((x) => known.has(x)).map((x) => known.get(x));
      const colour = COLOURS[place % COLOURS.length];
      const runs = [];
      chart.x.forEach((x, number) => {
        if (!known.has(x)) return;
        if (number === 0 || !known.has(chart.x[number - 1])) runs.push([]);
        runs[runs.length - 1].push(`${across(x).toFixed(1)},${up(known.get(x).y).toFixed(1)}`);
      });
      for (const run of runs)
        put(svg, "polyline", { points: run.join(" "), fill: "none", stroke: colour, "stroke-width": 1.8 },
          name ?? chart.measure);
      for (const one of own)
        put(svg, "circle", { cx: across(one.x), cy: up(one.y), r: own.length > 60 ? 1.2 : 2.6, fill: colour },
          `${name === null ? "" : name + ", "}${one.x}: ${spoken(one.y)}`);
    });
    label(svg, LEFT, TOP + PLOT + 16, chart.x[0]);
    label(svg, WIDE - RIGHT, TOP + PLOT + 16, chart.x[chart.x.length - 1], { "text-anchor": "end" });
    if (chart.second.length) legend(svg, names, TOP + PLOT + 38);
    return svg;
  }

  function bar(chart, places, pick, picked) {
    const row = 22, start = 150;
    const coloured = chart.second.length && (chart.aggregate === "count" || chart.aggregate === "sum");
    const shown = new Map(chart.x.map((x) => [x, places.filter((place) => place.x === x)]));
    const whole = (own) =>
      coloured || own.length < 2
        ? own.reduce((sum, one) => sum + one.y, 0)
        : own.reduce((sum, one) => sum + one.value, 0) / own.reduce((sum, one) => sum + one.count, 0);
    const sums = chart.x.map((x) => whole(shown.get(x)));
    const most = Math.max(...sums, 0) || 1;
    const end = Math.max(64, 14 + 7 * Math.max(...sums.map((one) => spoken(one).length)));
    const svg = canvas(TOP + row * chart.x.length + (coloured ? 26 : 8));
    chart.x.forEach((x, place) => {
      const y = TOP + place * row, across = WIDE - start - end;
      label(svg, start - 8, y + 13, clipped(String(x), 22), { "text-anchor": "end", fill: INK });
      put(svg, "rect", { x: start, y, width: across, height: 15, rx: 2, fill: TRACK });
      let left = start;
      const own = coloured ? chart.second.map((name) => shown.get(x).find((one) => one.second === name)) : [];
      const parts = coloured ? own : [{ y: sums[place], second: null }];
      parts.forEach((part, number) => {
        if (!part || part.y <= 0) return;
        const wide = Math.max((part.y / most) * across, 1);
        const node = put(svg, "rect",
          { x: left, y, width: wide, height: 15, rx: 2, fill: COLOURS[number % COLOURS.length],
            opacity: picked !== null && chart.picks && x !== picked ? 0.35 : 1 },
          `${x}${part.second === null ? "" : ", " + part.second}: ${spoken(part.y)}`);
        if (chart.picks) {
          node.style.cursor = "pointer";
          node.addEventListener("click", () => pick(x === picked ? null : x));
        }
        left += wide;
      });
      label(svg, WIDE - end + 8, y + 13, spoken(sums[place] || 0), { fill: INK });
    });
    if (coloured) legend(svg, chart.second, TOP + row * chart.x.length + 16);
    return svg;
  }

  function histogram(chart, places) {
    const svg = canvas(TOP + PLOT + 34);
    const most = Math.max(...places.map((place) => place.y), 1);
    const up = upright(svg, 0, most);
    const wide = (WIDE - LEFT - RIGHT) / chart.x.length;
    for (const place of places) {
      const x = LEFT + chart.x.indexOf(place.x) * wide;
      put(svg, "rect", { x: x + 0.5, y: up(place.y), width: Math.max(wide - 1, 1), height: TOP + PLOT - up(place.y),
        fill: COLOURS[0] }, `${spoken(place.x)} to ${spoken(place.x + chart.x_step)}: ${spoken(place.y)}`);
    }
    label(svg, LEFT, TOP + PLOT + 16, spoken(chart.x[0]));
    label(svg, WIDE - RIGHT, TOP + PLOT + 16, spoken(chart.x[chart.x.length - 1] + chart.x_step),
      { "text-anchor": "end" });
    return svg;
  }

  function grid(chart, places) {
    const start = chart.kind === "heat" ? 120 : LEFT;
    const high = chart.kind === "heat" ? Math.min(PLOT / chart.second.length, 26) : PLOT / chart.second.length;
    const wide = (WIDE - start - RIGHT) / chart.x.length;
    const svg = canvas(TOP + high * chart.second.length + 40);
    const most = Math.max(...places.map((place) => Math.abs(place.y)), 0) || 1;
    const rows = chart.kind === "heat" ? chart.second : [...chart.second].reverse();
    for (const place of places) {
      const step = Math.min(1 + Math.floor((Math.abs(place.y) / most) * 5), 5);
      put(svg, "rect", { x: start + chart.x.indexOf(place.x) * wide, y: TOP + rows.indexOf(place.second) * high,
        width: Math.max(wide - 1, 1), height: Math.max(high - 1, 1), fill: HEAT[step] },
        `${place.x}, ${place.second}: ${spoken(place.y)}`);
    }
    const every = (values, most) => Math.max(Math.ceil(values.length / most), 1);
    const text = (value) => (typeof value === "number" ? spoken(value) : clipped(String(value), 16));
    rows.forEach((name, place) => {
      if (place % every(rows, 12) === 0)
        label(svg, start - 6, TOP + place * high + high / 2 + 4, text(name), { "text-anchor": "end" });
    });
    chart.x.forEach((name, place) => {
      if (place % every(chart.x, 6) === 0)
        label(svg, start + place * wide + 2, TOP + high * rows.length + 15, clipped(text(name), 13));
    });
    label(svg, WIDE - RIGHT, TOP + high * rows.length + 31, chart.x_name, { "text-anchor": "end" });
    return svg;
  }

  const DRAW = { line, bar, histogram, heat: grid, density: grid };

  function figures(chart, places) {
    const table = document.createElement("table");
    const row = (cells, tag) => {
      const line = table.insertRow();
      for (const cell of cells) {
        const node = document.createElement(tag);
        node.textContent = cell === null ? "" : typeof cell === "number" ? spoken(cell) : cell;
        line.appendChild(node);
      }
    };
    row([chart.x_name, ...(chart.second.length ? [chart.second_name] : []), chart.measure], "th");
    for (const place of places.slice(0, 400))
      row([place.x, ...(chart.second.length ? [place.second] : []), place.y], "td");
    return table;
  }

  const picker = document.getElementById("filter");
  const choices = new Set(told.choices);
  function show(picked) {
    for (const chart of told.charts) {
      const card = document.getElementById(chart.id);
      const places = totals(chart, picked);
      const stage = card.querySelector(".stage");
      stage.replaceChildren(places.length ? DRAW[chart.kind](chart, places, pick, picked)
        : document.createTextNode("No rows"));
      card.querySelector(".numbers").replaceChildren(figures(chart, places));
      card.classList.toggle("whole", picked !== null && !chart.filtered);
    }
    if (picker) picker.value = picked === null ? "" : picked;
    document.body.dataset.picked = picked === null ? "" : picked;
  }
  function pick(value) {
    const known = value !== null && choices.has(value) ? value : null;
    history.replaceState(null, "", known === null ? "#" : "#" + encodeURIComponent(known));
    show(known);
  }
  const named = decodeURIComponent(location.hash.slice(1));
  if (picker) picker.addEventListener("change", () => pick(picker.value === "" ? null : picker.value));
  show(choices.has(named) ? named : null);
})();
