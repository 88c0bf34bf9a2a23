// Registers every operator that can be compiled.
import './attention.js';
import './convolution.js';
import './depthwise.js';
import './elementwise.js';
import './indexing.js';
import './matmul.js';
import './pooling.js';
import './reduction.js';
import './resize.js';
import './shape.js';
