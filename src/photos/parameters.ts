import { scaleSuffix } from '../nn/scaleSuffix.js';
import { firstWidth, pyramidWidth, stageBlocks, strides } from './boxArchitecture.js';
import { allClasses, type PhotosConfig, type TextConfig } from './config.js';
import { cropBlocks, featureWidth, stemWidth } from './cropArchitecture.js';

/**
 * Names and shapes of all tensors of a model for photographs: `boxes.*`, `crops.*` and `text.*` of the three
 * networks, `names.*` of added classes, and `anchors.*`, the classes' names as the text network sees them.
 */
export function parameterShapes(config: PhotosConfig): Map<string, number[]> {
  return new Map([
    ...boxParameters(config),
    ...cropParameters(config),
    ...textParameters(config.text),
    ...anchorParameters(config),
  ]);
}

type Entry = [name: string, shape: number[]];

function withBias(name: string, shape: number[]): Entry[] {
  return [
    [`${name}.weight`, shape],
    [`${name}.bias`, [shape[0]]],
  ];
}

function square(name: string, outer: number, inner: number, kernel = 3): Entry[] {
  return withBias(name, [outer, inner, kernel, kernel]);
}

function boxParameters({ boxes: { classes, bins } }: PhotosConfig): Entry[] {
  const widths = stageBlocks.map((_, index) => firstWidth * 2 ** index);
  return [
    ...square('boxes.stem', firstWidth, 3),
    ...widths.flatMap((width, index) => {
      const name = `boxes.stages.${index}`;
      return [
        ...square(`${name}.in`, width, width),
        ...Array.from({ length: stageBlocks[index] }, (_, block) => [
          ...square(`${name}.blocks.${block}.0`, width / 2, width),
          ...square(`${name}.blocks.${block}.1`, width / 2, width / 2),
        ]).flat(),
        ...square(`${name}.out`, width, width),
      ];
    }),
    ...strides.flatMap((_, level) => [
      ...square(`boxes.lateral.${level}`, pyramidWidth, 2 * widths[level + 1], 1),
      ...square(`boxes.heads.${level}.conv`, pyramidWidth, pyramidWidth),
      ...square(`boxes.heads.${level}.out`, classes + 4 * bins, pyramidWidth, 1),
    ]),
  ];
}

function cropParameters({ crops: { classes, extraClasses } }: PhotosConfig): Entry[] {
  return [
    ...square('crops.stem', stemWidth, 3),
    ...cropBlocks.flatMap(({ inner, expanded, outer, kernel }, index) => {
      const name = `crops.blocks.${index}`;
      return [
        ...(expanded === inner ? [] : square(`${name}.expand`, expanded, inner, 1)),
        ...square(`${name}.depthwise`, expanded, 1, kernel),
        ...square(`${name}.project`, outer, expanded, 1),
      ];
    }),
    ...square('crops.head', featureWidth, cropBlocks.at(-1)!.outer, 1),
    ...withBias('crops.classifier', [classes, featureWidth]),
    ...(extraClasses === 0 ? [] : addedClasses(extraClasses)),
  ];
}

function addedClasses(count: number): Entry[] {
  return [
    ...withBias('names', [count, featureWidth]),
    ['names.mean', [featureWidth]],
    ['names.std', [featureWidth]],
  ];
}

function textParameters(config: TextConfig): Entry[] {
  const { hiddenSize, layers, mlpSize, vocabSize, positions } = config;
  const quantised = (name: string, [rows, columns]: [number, number]): Entry[] => [
    [`${name}.weight`, [rows, columns]],
    [`${name}.weight${scaleSuffix}`, [rows, 1]],
  ];
  const dense = (name: string, outer: number, inner: number): Entry[] => [
    ...quantised(name, [outer, inner]),
    [`${name}.bias`, [outer]],
  ];
  const embeddings = 'text.embeddings';
  return [
    ...quantised(`${embeddings}.word_embeddings`, [vocabSize, hiddenSize]),
    ...quantised(`${embeddings}.position_embeddings`, [positions, hiddenSize]),
    [`${embeddings}.token_type_embeddings.weight`, [1, hiddenSize]],
    ...withBias(`${embeddings}.LayerNorm`, [hiddenSize]),
    ...Array.from({ length: layers }, (_, index) => {
      const name = `text.encoder.layer.${index}`;
      return [
        ...['query', 'key', 'value'].flatMap((part) =>
          dense(`${name}.attention.self.${part}`, hiddenSize, hiddenSize),
        ),
        ...dense(`${name}.attention.output.dense`, hiddenSize, hiddenSize),
        ...withBias(`${name}.attention.output.LayerNorm`, [hiddenSize]),
        ...dense(`${name}.intermediate.dense`, mlpSize, hiddenSize),
        ...dense(`${name}.output.dense`, hiddenSize, mlpSize),
        ...withBias(`${name}.output.LayerNorm`, [hiddenSize]),
      ];
    }).flat(),
  ];
}

function anchorParameters(config: PhotosConfig): Entry[] {
  const { hiddenSize } = config.text;
  return [
    ['anchors.mean', [hiddenSize]],
    ['anchors.vectors', [allClasses(config), hiddenSize]],
    ['anchors.background', [config.background, hiddenSize]],
  ];
}
