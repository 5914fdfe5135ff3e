import { testKilledParts } from '../support/killed-parts.ts';

testKilledParts(20);
