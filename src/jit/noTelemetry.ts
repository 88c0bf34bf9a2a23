// onnxruntime 1.30 sends events to its makers, and keeps an identity of the machine, unless this is set before it loads.
process.env.ORT_DISABLE_TELEMETRY = '1';

export {};
