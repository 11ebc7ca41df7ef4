// The parts of Apache ECharts that pages use: layered graphs, maps, points and long lines, drawn on a canvas.
import { GraphChart, LineChart, MapChart, ScatterChart } from "echarts/charts";
import {
  DataZoomInsideComponent, GeoComponent, GridComponent, LegendComponent, MarkLineComponent, TooltipComponent, VisualMapPiecewiseComponent,
} from "echarts/components";
import { init, registerMap, use } from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";

use([GraphChart, LineChart, MapChart, ScatterChart, DataZoomInsideComponent, GeoComponent, GridComponent, LegendComponent, MarkLineComponent,
  TooltipComponent, VisualMapPiecewiseComponent, CanvasRenderer]);

export { init, registerMap };
