// Registers every operator that can be compiled.
import './attention.js';
import './elementwise.js';
import './indexing.js';
import './matmul.js';
import './reduction.js';
import './shape.js';
