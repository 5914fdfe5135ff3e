// npm start: set up, then server, fleet and the demo in this very process, so that Ctrl-C reaches them directly.
import { setUp } from './setup.mjs';

setUp();
process.argv = [process.argv[0], 'switchyard', 'up', '--demo', ...process.argv.slice(2)];
await import(new URL('../dist/cli.js', import.meta.url).href);
