import { serveBatches } from '../serveBatches.js';
import { BoxBatchBuilder, type BoxBatchSource } from './batches.js';

serveBatches((source: BoxBatchSource) => new BoxBatchBuilder(source));
