import './noTelemetry.js';
import * as ort from 'onnxruntime-node';

export { ort };
