export { type FleetOptions, startFleet } from './start.ts';
