// What the pages draw with; esbuild leaves out the rest.
export {plot, areaY, axisFy, axisX, axisY, cell, dot, gridX, gridY, legend, line, link, rect, ruleX, ruleY, text}
  from "@observablehq/plot";
