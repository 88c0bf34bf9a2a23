// Registers the gradients of every operator that can be compiled and has one.
import './elementwise.js';
import './indexing.js';
import './products.js';
import './reduction.js';
import './shape.js';
