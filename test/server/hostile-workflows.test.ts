import { testHostileFiles } from '../support/hostile-suite.ts';

// What is read at once, and what goes to the thread; the largest are among the long tests.
for (const sizeBytes of [32 * 1024, 64 * 1024]) testHostileFiles(sizeBytes);
