import { testHostileFiles } from '../support/hostile-suite.ts';
import { LARGEST_FILE } from '../support/hostile-workflows.ts';

testHostileFiles(LARGEST_FILE);
