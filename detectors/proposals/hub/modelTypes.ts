/** How what a detector of the hub says is to be read. */
export interface ModelType {
  /**
   * What logits are: a softmax whose last class is "no object", or a sigmoid for each class (or each text), which says
   * nothing of the others.
   */
  scores: 'softmax' | 'sigmoid';
  /** What classes are called: by the names in the model's config, or by their number, a COCO category id. */
  classes?: 'names' | 'COCO ids';
  /** How it is told what to look for: by texts that are scored each for itself, or by all in one sentence. */
  asks?: 'texts' | 'sentence';
  /** Sides of its pictures are multiples of this. Default: 1. */
  multiple?: number;
  /** Whether it was trained on pictures that black on the right or below makes square. */
  square?: boolean;
}

/** What `model_type` in config.json may be: what transformers.js runs. */
export const modelTypes: ReadonlyMap<string, ModelType> = new Map<string, ModelType>([
  ['detr', { scores: 'softmax' }],
  ['table-transformer', { scores: 'softmax' }],
  ['yolos', { scores: 'softmax', multiple: 16 }],
  ['rt_detr', { scores: 'sigmoid' }],
  ['rt_detr_v2', { scores: 'sigmoid' }],
  ['d_fine', { scores: 'sigmoid' }],
  ['rf_detr', { scores: 'sigmoid', classes: 'COCO ids' }],
  ['owlvit', { scores: 'sigmoid', asks: 'texts' }],
  ['owlv2', { scores: 'sigmoid', asks: 'texts', square: true }],
  ['grounding-dino', { scores: 'sigmoid', asks: 'sentence' }],
]);
