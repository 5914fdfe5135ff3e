export { generateTrace } from './generate-trace.ts';
export { htmlPage, type SimulatedPolicy } from './html-page.ts';
export { poolsOf, type SimulatedPool } from './pools.ts';
export { type PriceTable, reportOf, type SimulationReport } from './report.ts';
export { type Simulation, simulate } from './simulation.ts';
export { type Point, timeSeries } from './time-series.ts';
export { inOrder, lineOf, parseTrace, type TraceJob } from './trace.ts';
