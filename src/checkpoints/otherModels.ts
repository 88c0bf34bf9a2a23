import { readJson } from '../files/jsonFile.js';
import { fgclip2Type, photosType, siglip2Type } from '../modelFamily.js';
import { CheckpointError } from './checkpointError.js';
import { isSettingsFile, isWeightsFile, type ModelLayout, refusePickle } from './modelFiles.js';
import { shardIndexName } from './sharded.js';

export interface WantedModel {
  /** Whether plain CLIP or SigLIP 2 will do, as the start of an FG-CLIP. Default: false. */
  plainClip?: boolean;
}

/** What a model folder is, by its small files: one of fgdet's, what one starts from, or why it is neither. */
type ModelKind =
  | { kind: 'ours' }
  | { kind: 'start'; what: string }
  | { kind: 'other'; what: string };

/** `model_type` of what fgdet may read: FG-CLIP calls itself CLIP, as plain CLIP does. */
const ours = ['clip', fgclip2Type, photosType];
/** Families that find boxes in pictures, and that `hub:` takes. */
const detectors = /^(detr|table-transformer|yolos|rt_detr|d_fine|rf_detr|owlv|grounding-dino)/;

/** The models that fgdet itself reads, in transformers' layout. */
export function ownLayout(wanted: WantedModel): ModelLayout {
  return {
    isSettings: isSettingsFile,
    isWeights: isWeightsFile,
    check: (where, names, fileNamed) => refuseOtherModels(where, names, fileNamed, wanted),
  };
}

/**
 * Refuses a model that is none of fgdet's before its weights are fetched or opened.
 * @param where its folder or name, for messages.
 * @param names of all its files.
 * @param fileNamed where one of them is; undefined for one that is not here.
 * @throws CheckpointError that says in a sentence what it is and what to do; UserError for settings that are not JSON
 */
function refuseOtherModels(
  where: string,
  names: readonly string[],
  fileNamed: (name: string) => string | undefined,
  { plainClip = false }: WantedModel,
): void {
  const found = modelKind(names, fileNamed);
  if (found.kind === 'other') throw new CheckpointError(`${where} ${found.what}`);
  refusePickle(names, where);
  if (found.kind === 'start' && !plainClip) {
    throw new CheckpointError(
      `${where} is ${found.what}. \`fgdet convert ${where} --output FOLDER --dtype F32\` makes of it the model ` +
        'that training starts from.',
    );
  }
}

function modelKind(
  names: readonly string[],
  fileNamed: (name: string) => string | undefined,
): ModelKind {
  const settings = (name: string) => {
    const file = names.includes(name) ? fileNamed(name) : undefined;
    const value = file === undefined ? undefined : readJson(file);
    return (value ?? {}) as Record<string, unknown>;
  };
  const other = (what: string): ModelKind => ({ kind: 'other', what });
  const hasWeights = names.some((name) => name === 'model.safetensors' || name === shardIndexName);

  if (names.includes('adapter_config.json') && !hasWeights) {
    const { base_model_name_or_path: base } = settings('adapter_config.json');
    const of = typeof base === 'string' ? ` of ${base}` : '';
    return other(
      `is a LoRA adapter${of}, not a whole model. Merge it where peft is installed, and take the folder that this writes: ` +
        "PeftModel.from_pretrained(model, ADAPTER).merge_and_unload().save_pretrained('merged').",
    );
  }
  if (!names.includes('config.json')) {
    if (names.some((name) => name.startsWith('open_clip_'))) {
      return other(
        "has OpenCLIP's layout. Take the same model in the layout of transformers (config.json and model.safetensors), " +
          'which `fgdet convert` makes an FG-CLIP of.',
      );
    }
    const isTokenizer = ['tokenizer.json', 'tokenizer_config.json', 'vocab.json'].some((name) =>
      names.includes(name),
    );
    if (isTokenizer && !hasWeights) {
      return other(
        'holds a tokenizer alone. A model is config.json and model.safetensors with it in one folder.',
      );
    }
    return { kind: 'ours' };
  }
  const config = settings('config.json');
  const { model_type: type } = config;
  const architectures = Array.isArray(config.architectures) ? config.architectures : [];
  if (type === siglip2Type) return { kind: 'start', what: 'SigLIP 2, not FG-CLIP 2' };
  if (typeof type === 'string' && !ours.includes(type)) {
    return other(`${typed(type, architectures.join(', '))}. fgdet reads FG-CLIP and FG-CLIP 2.`);
  }
  if (type !== 'clip' || architectures.length === 0) return { kind: 'ours' };
  if (architectures.includes('CLIPModel'))
    return { kind: 'start', what: 'plain CLIP, not FG-CLIP' };
  const part = architectures.find((name) => /^CLIP(Text|Vision)|^CLIPFor/.test(name));
  return part === undefined
    ? { kind: 'ours' }
    : other(`is a ${part}, a part of CLIP. Take the whole CLIPModel.`);
}

function typed(type: string, architectures: string): string {
  if (type.startsWith('siglip')) return `is SigLIP (${type})`;
  if (detectors.test(type)) {
    return `is a detector (${type}). It can propose boxes: --proposals hub:<name>`;
  }
  return `is a model of another family (${type}${architectures && `: ${architectures}`})`;
}
