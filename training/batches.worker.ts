import { BatchBuilder, type BatchSource } from './batches.js';
import { serveBatches } from './serveBatches.js';

serveBatches((source: BatchSource) => new BatchBuilder(source));
