"""Scores the problem in a folder with a Python package and prints what it took.

Arguments: pycocotools, faster_coco_eval or lvis; coco, lvis or masks; the folder."""

import contextlib
import json
import resource
import sys
import time

package, protocol, folder = sys.argv[1:]
begin = time.perf_counter()
with contextlib.redirect_stdout(sys.stderr):
    if package == 'lvis':
        from lvis import LVIS, LVISEval, LVISResults

        truth = LVIS(folder + '/gt.json')
        found = LVISResults(truth, folder + '/dt.json', max_dets=300)
        read = time.perf_counter()
        evaluation = LVISEval(truth, found, 'bbox')
        evaluation.run()
        stats = list(evaluation.results.values())
    else:
        if package == 'pycocotools':
            from pycocotools.coco import COCO
            from pycocotools.cocoeval import COCOeval as Evaluation
        else:
            from faster_coco_eval import COCO
            from faster_coco_eval import COCOeval_faster as Evaluation
        truth = COCO(folder + '/gt.json')
        found = truth.loadRes(folder + '/dt.json')
        read = time.perf_counter()
        if package == 'faster_coco_eval' and protocol == 'lvis':
            evaluation = Evaluation(truth, found, 'bbox', lvis_style=True)
            evaluation.params.maxDets = [300]
        else:
            evaluation = Evaluation(truth, found, 'segm' if protocol == 'masks' else 'bbox')
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
        stats = [float(value) for value in evaluation.stats]
end = time.perf_counter()
print(json.dumps({
    'reading': read - begin,
    'evaluating': end - read,
    'peak': resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6,
    'stats': stats,
}))
