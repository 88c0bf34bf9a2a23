const names =
  'person,bicycle,car,motorcycle,airplane,bus,train,truck,boat,traffic light,fire hydrant,' +
  'stop sign,parking meter,bench,bird,cat,dog,horse,sheep,cow,elephant,bear,zebra,giraffe,' +
  'backpack,umbrella,handbag,tie,suitcase,frisbee,skis,snowboard,sports ball,kite,baseball bat,' +
  'baseball glove,skateboard,surfboard,tennis racket,bottle,wine glass,cup,fork,knife,spoon,bowl,' +
  'banana,apple,sandwich,orange,broccoli,carrot,hot dog,pizza,donut,cake,chair,couch,' +
  'potted plant,bed,dining table,toilet,tv,laptop,mouse,remote,keyboard,cell phone,microwave,oven,' +
  'toaster,sink,refrigerator,book,clock,vase,scissors,teddy bear,hair drier,toothbrush';

const unusedIds = new Set([12, 26, 29, 30, 45, 66, 68, 69, 71, 83]);
const ids = Array.from({ length: 90 }, (_, i) => i + 1).filter((id) => !unusedIds.has(id));

/** The categories of COCO's instances, with their ids, which have gaps. */
export const cocoCategories = names.split(',').map((name, i) => ({ id: ids[i], name }));

/** The categories that OV-COCO holds back as novel. */
export const novelCategories = (
  'airplane,bus,cat,dog,cow,elephant,umbrella,tie,snowboard,skateboard,cup,knife,cake,couch,' +
  'keyboard,sink,scissors'
).split(',');
