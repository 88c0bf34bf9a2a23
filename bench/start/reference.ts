import * as ort from 'onnxruntime-node';
import sharp from 'sharp';

// The least that finding things in a picture takes: node reference.js PICTURE MODEL.onnx decodes the picture and
// opens a model.
const [picture, model] = process.argv.slice(2);
await sharp(picture).removeAlpha().raw().toBuffer();
await ort.InferenceSession.create(model);
