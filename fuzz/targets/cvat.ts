import { cvat } from '../../test/datasets/labels/samples.js';
import { labelTarget } from '../labelTarget.js';

const video = `<annotations><meta><task><size>4</size><original_size><width>64</width><height>48</height></original_size>
<labels><label><name>car</name></label></labels></task></meta>
<track id="0" label="car"><box frame="0" outside="0" occluded="0" keyframe="1" xtl="1" ytl="2" xbr="30" ybr="40"/>
<box frame="3" outside="1" occluded="0" keyframe="1" xtl="4" ytl="5" xbr="33" ybr="43"/></track></annotations>`;
const masks = `<annotations><image id="0" name="a.png" width="20" height="10">
<mask label="car" occluded="0" rle="3, 5, 4, 3" left="1" top="2" width="5" height="3" z_order="0"/>
<ellipse label="car" cx="5" cy="5" rx="2" ry="3" rotation="20"/><polyline label="car" points="1,2;3,4"/>
<skeleton label="car"><points label="head" points="1,2"/></skeleton></image></annotations>`;

export const target = labelTarget({
  format: 'cvat',
  file: 'labels.xml',
  seeds: [cvat, video, masks],
});
