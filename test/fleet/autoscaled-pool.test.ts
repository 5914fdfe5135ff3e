import { testAutoscaledPool } from '../support/autoscaled-pool.ts';

testAutoscaledPool(10);
