// Pictures of many marks become live: Apache ECharts over the drawing that the server made, which stays for print and where ECharts is not there.
const library = document.querySelector('meta[name="qt-echarts"]')?.content;
const style = getComputedStyle(document.documentElement);
const colour = (name) => style.getPropertyValue(`--${name}`).trim();
const TONES = { plain: "accent", ok: "ok", watch: "mark-watch", alarm: "alarm", off: "mark-off" };
const tone = (name) => colour(TONES[name] ?? "accent");
const text = () => ({ fontFamily: colour("face"), fontSize: 13, color: colour("ink") });
const still = matchMedia("(prefers-reduced-motion: reduce)").matches;

const options = {
  graph: (told) => ({
    tooltip: { renderMode: "richText", formatter: ({ data }) => data.said ?? "" },
    series: [{
      type: "graph", layout: "none", preserveAspect: true, left: 0, right: 0, top: 0, bottom: 0, roam: "scale", scaleLimit: { min: 1, max: 8 }, cursor: "pointer",
      data: told.nodes.map((n) => ({
        id: n.id, name: n.id, said: n.title, x: n.x, y: n.y, to: n.to, symbolSize: n.r * 2,
        itemStyle: n.tone === "alarm" ? { color: colour("paper"), borderColor: tone("alarm"), borderWidth: 2.4 } : { color: tone(n.tone) },
      })).concat([[0, 0], told.size].map(([x, y], k) => ({ id: `corner ${k}`, name: `corner ${k}`, x, y, symbolSize: 0, silent: true }))).concat(told.labels.map((l, k) => ({
        id: `label ${k}`, name: `label ${k}`, x: l.x, y: l.y, symbolSize: 0, silent: true,
        label: { show: true, formatter: l.said, position: l.end ? "left" : "inside", distance: 0, ...text(), fontWeight: l.end ? 500 : 400 },
      }))),
      // At rest only links that touch what is not plain; the others show where one points.
      links: told.links.map(([source, target, calm]) => ({
        source, target, lineStyle: calm ? { opacity: 0 } : { opacity: 0.6, color: colour("link") }, emphasis: { lineStyle: { opacity: 0.9, color: colour("accent") } },
      })),
      lineStyle: { width: 1, curveness: 0.12 },
      emphasis: { focus: "adjacency", blurScope: "series" }, blur: { itemStyle: { opacity: 0.25 }, lineStyle: { opacity: 0.04 } },
    }],
  }),
  map: (told, { registerMap }) => {
    registerMap(told.name, told.shapes);
    const titles = Object.fromEntries(told.areas.map((a) => [a.code, a.title]));
    return {
      tooltip: { renderMode: "richText", formatter: ({ data, name }) => data?.said ?? titles[name] ?? name },
      visualMap: {
        type: "piecewise", seriesIndex: 0, left: 8, bottom: 8, textStyle: text(), outOfRange: { color: colour("ground") },
        pieces: told.pieces.map((p, k) => ({ ...p, color: colour(`l${k}`) })),
      },
      geo: {
        map: told.name, roam: true, scaleLimit: { min: 1, max: 12 }, aspectScale: 1, layoutCenter: ["50%", "50%"], layoutSize: "96%", selectedMode: false,
        itemStyle: { borderColor: colour("paper"), borderWidth: 1.2, areaColor: colour("ground") }, emphasis: { itemStyle: { borderColor: colour("ink"), borderWidth: 1.5 } },
        label: { show: true, formatter: ({ name }) => titles[name] ?? "", ...text(), textBorderColor: colour("paper"), textBorderWidth: 3 },
      },
      series: [
        { type: "map", geoIndex: 0, data: told.areas.map((a) => ({ name: a.code, value: a.value, said: `${a.title}: ${a.said}`, to: a.to })) },
        {
          type: "scatter", coordinateSystem: "geo", cursor: "pointer",
          data: told.lots.map((l) => ({ value: [l.x, l.y], said: l.title, to: l.to, symbolSize: l.r * 2, itemStyle: { color: tone(l.tone), borderColor: colour("paper"), borderWidth: 0.6 } })),
        },
      ],
    };
  },
  lines: (told) => ({
    animation: false, grid: { left: 64, right: 110, top: 34, bottom: 30 }, legend: { show: told.series.length > 1, left: 64, top: 0, textStyle: text() },
    tooltip: { trigger: "axis", renderMode: "richText" }, dataZoom: [{ type: "inside" }],
    xAxis: { type: "category", data: told.points, axisLabel: { color: colour("faint") } },
    yAxis: { type: "value", scale: true, name: told.unit, axisLabel: { color: colour("faint") }, splitLine: { lineStyle: { color: colour("line") } } },
    series: told.series.map((s, k) => ({
      type: "line", name: s.title, data: s.values, showSymbol: false, sampling: "lttb",
      lineStyle: { width: 1.6, type: s.dashed ? "dashed" : "solid" }, color: s.tone === "plain" ? [colour("accent"), colour("mark-watch"), colour("violet")][k % 3] : tone(s.tone),
      markLine: k ? undefined : {
        symbol: "none", silent: true, label: { formatter: ({ name }) => name, color: colour("faint") },
        data: told.bounds.map((b) => ({ name: b.title, yAxis: b.value, lineStyle: { color: tone(b.tone), type: "dashed" } })),
      },
    })),
  }),
};

async function enliven() {
  const waiting = document.querySelectorAll("figure[data-chart]:not(.live)");
  if (!waiting.length || !library) return;
  const echarts = await import(library);
  for (const figure of waiting) {
    const told = JSON.parse(figure.querySelector("script[type='application/json']").textContent);
    const drawn = figure.querySelector("svg.chart");
    const place = document.createElement("div");
    place.className = "canvas";
    place.setAttribute("aria-hidden", "true");
    drawn.before(place);
    place.style.aspectRatio = told.aspect;
    figure.classList.add("live");
    const chart = echarts.init(place, null, { renderer: "canvas" });
    chart.setOption({ animation: !still, animationDuration: 300, textStyle: text(), ...options[figure.dataset.chart](told, echarts) });
    chart.on("click", ({ data }) => { if (data?.to) location.assign(data.to); });
    const sized = new ResizeObserver(() => { if (place.clientWidth) chart.resize(); else if (!place.isConnected) { sized.disconnect(); chart.dispose(); } });
    sized.observe(place);
  }
}
enliven();
document.addEventListener("htmx:after:swap", enliven);
