<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="zh_CN" sourcelanguage="en">
 <context>
  <name>AnaestheticRow</name>
  <message>
   <source> ml</source>
   <translation> ml</translation>
  </message>
  <message>
   <source>Anaesthetic</source>
   <translation>局麻</translation>
  </message>
  <message>
   <source>Deep local anaesthetic about the marked place. The fluid swells the tissue: it pushes the lesion aside unless it lies in the middle of it, and hides a little. Give it before the needle goes in, and look again.</source>
   <translation>在标记处周围注射深部局麻药。药液使组织膨胀：除非病灶正在其中央，否则会被推开，也会被遮住一些。请在进针前注射，然后再看一遍。</translation>
  </message>
  <message>
   <source>Inject</source>
   <translation>注射</translation>
  </message>
  <message>
   <source>Inject more ({ml:g} ml given)</source>
   <translation>再注射（已给 {ml:g} ml）</translation>
  </message>
 </context>
 <context>
  <name>Arm</name>
  <message>
   <source>From the paddle</source>
   <translation>自压迫板方向</translation>
  </message>
  <message>
   <source>Lateral arm, from the left of the image</source>
   <translation>侧臂，自图像左侧</translation>
  </message>
  <message>
   <source>Lateral arm, from the right of the image</source>
   <translation>侧臂，自图像右侧</translation>
  </message>
 </context>
 <context>
  <name>BodyView</name>
  <message>
   <source>Left breast</source>
   <translation>左侧乳腺</translation>
  </message>
  <message>
   <source>Probe on the breast</source>
   <translation>乳腺上的探头</translation>
  </message>
  <message>
   <source>Right breast</source>
   <translation>右侧乳腺</translation>
  </message>
  <message>
   <source>The breast from the front: the patient's right is on your left. Drag the probe, with Alt more slowly; arrows move it too. Wheel, Q and E turn it. The dot on the probe is the left edge of the image. Blue: where you have scanned. Yellow ring: the place of the report, a hint.</source>
   <translation>从正面看的乳腺：患者的右侧在您的左边。拖动探头（按住 Alt 移动更慢）；方向键也可移动。滚轮、Q 和 E 转动探头。探头上的圆点对应图像左缘。蓝色：已扫查的区域。黄圈：报告提示的位置，仅供参考。</translation>
  </message>
  <message>
   <source>head ↑</source>
   <translation>头侧 ↑</translation>
  </message>
  <message>
   <source>inner</source>
   <translation>内侧</translation>
  </message>
  <message>
   <source>outer</source>
   <translation>外侧</translation>
  </message>
 </context>
 <context>
  <name>Briefing</name>
  <message>
   <source>A patient drawn from the published distributions of breasts and calcifications seen in screening. Nobody knows her yet: whether the calcifications can be seen, reached and removed is for you to find out.

The same patient number gives the same patient again, on any machine: type it to repeat her, or give it to a colleague.</source>
   <translation>从已发表的筛查人群乳腺与钙化分布中抽取的一位患者。还没有人了解她：钙化能否看到、够到、取出，要由您自己去发现。

同一个患者编号在任何电脑上都给出同一位患者：输入编号可再做一次，也可交给同事。</translation>
  </message>
  <message>
   <source>Another</source>
   <translation>换一位</translation>
  </message>
  <message>
   <source>Begin  (Enter)</source>
   <translation>开始  (Enter)</translation>
  </message>
  <message>
   <source>Begin the biopsy of this patient</source>
   <translation>开始为这位患者做活检</translation>
  </message>
  <message>
   <source>Below the images, say what a teacher beside you would say at this step</source>
   <translation>在图像下方给出提示，就像老师站在您身边一样</translation>
  </message>
  <message>
   <source>Draw a number that nobody has seen yet</source>
   <translation>抽取一个还没有人见过的编号</translation>
  </message>
  <message>
   <source>Exam: no help before the debrief</source>
   <translation>考核：复盘之前没有任何帮助</translation>
  </message>
  <message>
   <source>Here you learn to biopsy breast calcifications under stereotactic guidance and under ultrasound guidance, on virtual patients whose truth is known and shown at the end.

- Choose a patient on the left: click, or move with the arrow keys.
- Choose the guidance below. The same patient can be done under both.
- Every button says what it does when the mouse rests on it. F1 shows all keys.

New here? The tour leads you through a first biopsy.

For teaching and research. Not a medical device.</source>
   <translation>在这里，您将在虚拟患者身上学习立体定向引导和超声引导下的乳腺钙化活检；患者的真实情况是已知的，并在结束时揭晓。

- 在左侧选择患者：点击，或用方向键移动。
- 在下方选择引导方式。同一位患者两种方式都可以做。
- 鼠标停在按钮上会显示说明。F1 显示所有按键。

第一次使用？入门引导会带您完成第一次活检。

仅用于教学和研究，不是医疗器械。</translation>
  </message>
  <message>
   <source>Hints that teach</source>
   <translation>教学提示</translation>
  </message>
  <message>
   <source>Patient number</source>
   <translation>患者编号</translation>
  </message>
  <message>
   <source>Random patient</source>
   <translation>随机患者</translation>
  </message>
  <message>
   <source>Stereotactic guidance (X-ray pair)</source>
   <translation>立体定向引导（X线立体像对）</translation>
  </message>
  <message>
   <source>The breast is compressed; depth comes from two views at -15 and +15 degrees</source>
   <translation>乳腺被压迫；深度由 -15° 和 +15° 两个投照角度算出</translation>
  </message>
  <message>
   <source>The case</source>
   <translation>病例</translation>
  </message>
  <message>
   <source>The patient lies on her back; you hold the probe and steer the needle</source>
   <translation>患者仰卧；您手持探头并操控穿刺针</translation>
  </message>
  <message>
   <source>The same number gives the same patient and the same images again; another number gives another breast for the same story</source>
   <translation>相同的编号总是给出同一位患者和同样的图像；换一个编号，则是同一病史的另一个乳腺</translation>
  </message>
  <message>
   <source>Ultrasound guidance (freehand)</source>
   <translation>超声引导（徒手）</translation>
  </message>
  <message>
   <source>Welcome</source>
   <translation>欢迎</translation>
  </message>
  <message>
   <source>Work as in the clinic: no hints and no guide band before the debrief</source>
   <translation>与临床一样工作：复盘之前没有提示，也没有引导带</translation>
  </message>
 </context>
 <context>
  <name>Caption</name>
  <message>
   <source>Exposure {n}: {phase}</source>
   <translation>曝光 {n}：{phase}</translation>
  </message>
  <message>
   <source>Frame {n}: {phase}</source>
   <translation>第 {n} 帧：{phase}</translation>
  </message>
  <message>
   <source>Left view</source>
   <translation>左侧投照</translation>
  </message>
  <message>
   <source>Right view</source>
   <translation>右侧投照</translation>
  </message>
  <message>
   <source>Scout</source>
   <translation>定位像</translation>
  </message>
  <message>
   <source>Specimen radiograph</source>
   <translation>标本X线片</translation>
  </message>
  <message>
   <source>Ultrasound</source>
   <translation>超声</translation>
  </message>
  <message>
   <source>W {width:.2f}  L {level:.2f}  ×{zoom:.2f}</source>
   <translation>W {width:.2f}  L {level:.2f}  ×{zoom:.2f}</translation>
  </message>
  <message>
   <source>after firing</source>
   <translation>击发后</translation>
  </message>
  <message>
   <source>before firing</source>
   <translation>击发前</translation>
  </message>
  <message>
   <source>chest wall</source>
   <translation>胸壁</translation>
  </message>
  <message>
   <source>column {column:.1f}  row {row:.1f}</source>
   <translation>列 {column:.1f}  行 {row:.1f}</translation>
  </message>
  <message>
   <source>from above (craniocaudal)</source>
   <translation>自上方（头尾位）</translation>
  </message>
  <message>
   <source>from below (caudocranial)</source>
   <translation>自下方（尾头位）</translation>
  </message>
  <message>
   <source>lateral</source>
   <translation>外侧</translation>
  </message>
  <message>
   <source>left breast</source>
   <translation>左侧乳腺</translation>
  </message>
  <message>
   <source>medial</source>
   <translation>内侧</translation>
  </message>
  <message>
   <source>post-clip pair</source>
   <translation>置夹后立体像对</translation>
  </message>
  <message>
   <source>post-fire pair</source>
   <translation>击发后像对</translation>
  </message>
  <message>
   <source>pre-fire pair</source>
   <translation>击发前像对</translation>
  </message>
  <message>
   <source>right breast</source>
   <translation>右侧乳腺</translation>
  </message>
  <message>
   <source>scout</source>
   <translation>定位像</translation>
  </message>
  <message>
   <source>target marked</source>
   <translation>已标记靶点</translation>
  </message>
  <message>
   <source>target pair</source>
   <translation>定靶像对</translation>
  </message>
  <message>
   <source>while searching</source>
   <translation>扫查中</translation>
  </message>
  <message>
   <source>z {mm:.0f} mm</source>
   <translation>z {mm:.0f} mm</translation>
  </message>
  <message>
   <source>{kv:.0f} kV  {mas:.0f} mAs</source>
   <translation>{kv:.0f} kV  {mas:.0f} mAs</translation>
  </message>
  <message>
   <source>{mm:.0f} mm</source>
   <translation>{mm:.0f} mm</translation>
  </message>
  <message>
   <source>{n}  {phase}</source>
   <translation>{n}  {phase}</translation>
  </message>
  <message>
   <source>{n}-{m}  {phase}</source>
   <translation>{n}-{m}  {phase}</translation>
  </message>
  <message>
   <source>{side}, {approach}</source>
   <translation>{side}，{approach}</translation>
  </message>
  <message>
   <source>{technique}  {dose:.2f} mGy</source>
   <translation>{technique}  {dose:.2f} mGy</translation>
  </message>
  <message>
   <source>{view}  {sign}{angle:.0f}°</source>
   <translation>{view}  {sign}{angle:.0f}°</translation>
  </message>
 </context>
 <context>
  <name>Centring</name>
  <message>
   <source>Click the lesion in the scout: the window is the outlined square. The pair shows it in both views only if it lies well inside.</source>
   <translation>在定位像上点击病灶：方框即为活检窗。只有病灶位于窗内足够靠里，立体像对的两个视图才都能显示它。</translation>
  </message>
  <message>
   <source>Compress again with the breast shifted so that the place comes under the middle of the window. It costs minutes and a new scout.</source>
   <translation>移动乳腺后重新压迫，使该处位于活检窗中央。这要花几分钟，并需重拍定位像。</translation>
  </message>
  <message>
   <source>Is the lesion in the window?</source>
   <translation>病灶在活检窗内吗？</translation>
  </message>
  <message>
   <source>Reposition</source>
   <translation>重新摆位</translation>
  </message>
  <message>
   <source>Reposition to centre it.</source>
   <translation>请重新摆位，使其居中。</translation>
  </message>
  <message>
   <source>That is near enough.</source>
   <translation>已经足够接近。</translation>
  </message>
  <message>
   <source>The place lies {x} mm in x and {y} mm in y from the window's middle.</source>
   <translation>该处距活检窗中心 x 方向 {x} mm，y 方向 {y} mm。</translation>
  </message>
 </context>
 <context>
  <name>ClipControls</name>
  <message>
   <source>A clip marks the place for the surgeon and for later images, most of all where all of the calcification was removed.</source>
   <translation>标记夹为外科医生和以后的影像标出活检部位，尤其是在钙化已全部取出时。</translation>
  </message>
  <message>
   <source>End the procedure</source>
   <translation>结束操作</translation>
  </message>
  <message>
   <source>Expose the post-clip pair</source>
   <translation>曝光置夹后立体像对</translation>
  </message>
  <message>
   <source>Go back to the needle and sample on.</source>
   <translation>回到穿刺针，继续取样。</translation>
  </message>
  <message>
   <source>More cores</source>
   <translation>再取组织条</translation>
  </message>
  <message>
   <source>Place the clip</source>
   <translation>放置标记夹</translation>
  </message>
  <message>
   <source>Repeat the post-clip pair</source>
   <translation>重拍置夹后立体像对</translation>
  </message>
  <message>
   <source>See where the clip lies, and what is left.</source>
   <translation>查看定位夹的位置以及残留的钙化。</translation>
  </message>
  <message>
   <source>The clip lies in the cavity. It can wander when the compression is let go, most along the direction of compression; the views afterwards show where it is.</source>
   <translation>标记夹位于残腔内。解除压迫后它可能移位，多沿压迫方向；术后摄片可显示其位置。</translation>
  </message>
  <message>
   <source>Withdraw the needle</source>
   <translation>退出活检针</translation>
  </message>
 </context>
 <context>
  <name>ClockDial</name>
  <message>
   <source>Clock dial</source>
   <translation>钟点盘</translation>
  </message>
  <message>
   <source>Clock hours as seen from the hub of the needle. Click an hour, or press its key: 1 to 9, 0 for 10, - for 11, = for 12. Del clears.</source>
   <translation>从针座方向看的钟点。点击一个钟点，或按键：1 至 9;0 为 10 点，- 为 11 点，= 为 12 点。Del 清除。</translation>
  </message>
  <message>
   <source>{planned} hours planned, {taken} cores taken with this needle</source>
   <translation>计划 {planned} 个钟点，本次进针已取 {taken} 条</translation>
  </message>
 </context>
 <context>
  <name>Common</name>
  <message>
   <source>Back (S)</source>
   <translation>后退 (S)</translation>
  </message>
  <message>
   <source>By 1 mm; Shift+S 5 mm, Alt+S 0.2 mm</source>
   <translation>每次 1 mm；Shift+S 5 mm，Alt+S 0.2 mm</translation>
  </message>
  <message>
   <source>By 1 mm; Shift+W 5 mm, Alt+W 0.2 mm</source>
   <translation>每次 1 mm；Shift+W 5 mm，Alt+W 0.2 mm</translation>
  </message>
  <message>
   <source>By 1°; Shift+F 5°, Alt+F 0.2°</source>
   <translation>每次 1°；Shift+F 5°，Alt+F 0.2°</translation>
  </message>
  <message>
   <source>By 1°; Shift+G 5°, Alt+G 0.2°</source>
   <translation>每次 1°；Shift+G 5°，Alt+G 0.2°</translation>
  </message>
  <message>
   <source>By 1°; Shift+R 5°, Alt+R 0.2°</source>
   <translation>每次 1°；Shift+R 5°，Alt+R 0.2°</translation>
  </message>
  <message>
   <source>By 1°; Shift+T 5°, Alt+T 0.2°</source>
   <translation>每次 1°；Shift+T 5°，Alt+T 0.2°</translation>
  </message>
  <message>
   <source>Flatter (F)</source>
   <translation>放平 (F)</translation>
  </message>
  <message>
   <source>Needle guide in the image</source>
   <translation>图像中的穿刺引导线</translation>
  </message>
  <message>
   <source>On (W)</source>
   <translation>前进 (W)</translation>
  </message>
  <message>
   <source>Steeper (R)</source>
   <translation>变陡 (R)</translation>
  </message>
  <message>
   <source>Swing (G)</source>
   <translation>摆动 (G)</translation>
  </message>
  <message>
   <source>Swing (T)</source>
   <translation>摆动 (T)</translation>
  </message>
  <message>
   <source>The line that the needle is told to follow and where its aperture comes to lie after firing. Where the needle really is only its echo shows. Not in an exam.</source>
   <translation>穿刺针按指令所走的路径，以及击发后旋切窗所到之处。针实际在哪里，只有它的回声能显示。考核时不显示。</translation>
  </message>
  <message>
   <source>x</source>
   <translation>x</translation>
  </message>
  <message>
   <source>y</source>
   <translation>y</translation>
  </message>
  <message>
   <source>z</source>
   <translation>z</translation>
  </message>
  <message>
   <source>{name} {n}</source>
   <translation>{name} {n}</translation>
  </message>
  <message>
   <source>{n} calcifications of the target, {m} others in this image</source>
   <translation>本图像中有目标钙化 {n} 个，其他钙化 {m} 个</translation>
  </message>
 </context>
 <context>
  <name>CoreTray</name>
  <message>
   <source>Core tray</source>
   <translation>组织条托盘</translation>
  </message>
  <message>
   <source>The cores in the order in which they were taken, with their clock hours.</source>
   <translation>按取出的先后排列的组织条及其钟点。</translation>
  </message>
  <message>
   <source>no core yet</source>
   <translation>尚无组织条</translation>
  </message>
  <message>
   <source>{n} cores</source>
   <translation>{n} 条组织</translation>
  </message>
 </context>
 <context>
  <name>CrossSection</name>
  <message>
   <source>Cross-section</source>
   <translation>断面图</translation>
  </message>
  <message>
   <source>No target yet</source>
   <translation>尚无靶点</translation>
  </message>
  <message>
   <source>Skin margin {mm} mm</source>
   <translation>皮肤余量 {mm} mm</translation>
  </message>
  <message>
   <source>Stroke margin {mm} mm</source>
   <translation>行程余量 {mm} mm</translation>
  </message>
  <message>
   <source>The breast cut through the target, to scale. Stroke margin: from the tip after firing to the back of the breast. Skin margin: from the skin to the aperture. Both must be above 0.</source>
   <translation>经过靶点的乳腺断面，按比例绘制。行程余量：击发后针尖到乳腺后缘的距离。皮肤余量：皮肤到旋切窗的距离。两者都必须大于 0。</translation>
  </message>
  <message>
   <source>muscle</source>
   <translation>肌肉</translation>
  </message>
  <message>
   <source>no target yet</source>
   <translation>尚无靶点</translation>
  </message>
  <message>
   <source>paddle</source>
   <translation>压迫板</translation>
  </message>
  <message>
   <source>skin</source>
   <translation>皮肤</translation>
  </message>
  <message>
   <source>stroke</source>
   <translation>行程</translation>
  </message>
  <message>
   <source>support</source>
   <translation>支撑台</translation>
  </message>
  <message>
   <source>target outside the breast</source>
   <translation>靶点在乳腺之外</translation>
  </message>
  <message>
   <source>throw {mm:.0f}</source>
   <translation>射程 {mm:.0f}</translation>
  </message>
  <message>
   <source>{margin}: do not fire</source>
   <translation>{margin}：不可击发</translation>
  </message>
  <message>
   <source>{mm:.0f} mm</source>
   <translation>{mm:.0f} mm</translation>
  </message>
  <message>
   <source>{name} {mm} mm</source>
   <translation>{name} {mm} mm</translation>
  </message>
 </context>
 <context>
  <name>Curve</name>
  <message>
   <source>published, first cases: {percent:.0f} %</source>
   <translation>已发表，最初的病例：{percent:.0f} %</translation>
  </message>
  <message>
   <source>published, later cases: {percent:.0f} %</source>
   <translation>已发表，后来的病例：{percent:.0f} %</translation>
  </message>
 </context>
 <context>
  <name>Debrief</name>
  <message>
   <source>+{mm:.1f}</source>
   <translation>+{mm:.1f}</translation>
  </message>
  <message>
   <source>A mark was on a calcification outside the group that was to be biopsied.</source>
   <translation>有一个标记落在了不属于活检目标的钙化上。</translation>
  </message>
  <message>
   <source>A mark was on no calcification at all.</source>
   <translation>有一个标记没有落在任何钙化上。</translation>
  </message>
  <message>
   <source>After release the clip lies {mm:.1f} mm from the middle of the target.</source>
   <translation>松开压迫后，标记夹距目标中心 {mm:.1f} mm。</translation>
  </message>
  <message>
   <source>Aimed off on purpose</source>
   <translation>有意偏移</translation>
  </message>
  <message>
   <source>Another patient</source>
   <translation>换一位患者</translation>
  </message>
  <message>
   <source>Answer to the image after firing: {done}. Right for where the target lay: {right}.</source>
   <translation>对击发后图像的处理：{done}。按靶点所在位置应当：{right}。</translation>
  </message>
  <message>
   <source>Answer to the image after firing: {done}. That was right.</source>
   <translation>对击发后图像的处理：{done}。这是对的。</translation>
  </message>
  <message>
   <source>Back to the gallery (Ctrl+W)</source>
   <translation>回到病例库 (Ctrl+W)</translation>
  </message>
  <message>
   <source>Blood in the cavities: {blood:.2f} ml. Local anaesthetic given: {given:g} ml.</source>
   <translation>残腔内积血：{blood:.2f} ml。已给局麻药：{given:g} ml。</translation>
  </message>
  <message>
   <source>Both marks were on one and the same speck of the target.</source>
   <translation>两个标记都在目标的同一个钙化点上。</translation>
  </message>
  <message>
   <source>By volume {percent:.0f} % of the target's calcification was removed.</source>
   <translation>按体积计，靶区钙化取出了 {percent:.0f} %。</translation>
  </message>
  <message>
   <source>Calcification in {n} of {of} cores, but none of it belongs to the target</source>
   <translation>{of} 条组织中有 {n} 条含钙化，但都不属于目标</translation>
  </message>
  <message>
   <source>Clock</source>
   <translation>钟点</translation>
  </message>
  <message>
   <source>Comparing what you did with the truth …</source>
   <translation>正在把您的操作与真实情况比较…</translation>
  </message>
  <message>
   <source>Core</source>
   <translation>组织条</translation>
  </message>
  <message>
   <source>Cores</source>
   <translation>组织条</translation>
  </message>
  <message>
   <source>Cost</source>
   <translation>代价</translation>
  </message>
  <message>
   <source>Ended without a specimen film: nobody knew whether it was retrieved</source>
   <translation>结束时没有标本X线片：没有人知道是否取到了钙化</translation>
  </message>
  <message>
   <source>Errors</source>
   <translation>误差</translation>
  </message>
  <message>
   <source>Export figures</source>
   <translation>导出数据</translation>
  </message>
  <message>
   <source>Export figures …</source>
   <translation>导出数据…</translation>
  </message>
  <message>
   <source>Exposure</source>
   <translation>曝光</translation>
  </message>
  <message>
   <source>Exposures</source>
   <translation>曝光</translation>
  </message>
  <message>
   <source>Exposures: {exposures}. Mean glandular dose: {dose:.2f} mGy. Time: {minutes:.0f} minutes.</source>
   <translation>曝光：{exposures} 次。平均腺体剂量：{dose:.2f} mGy。用时：{minutes:.0f} 分钟。</translation>
  </message>
  <message>
   <source>Fired with a stroke margin below zero: the point went {margin:.1f} mm past the limit. In life this means a wound at the back of the breast, or a broken detector cover.</source>
   <translation>在行程余量小于零时击发：针尖超过限度 {margin:.1f} mm。在现实中，这意味着乳腺后方受伤，或探测器面板破损。</translation>
  </message>
  <message>
   <source>Firing</source>
   <translation>击发</translation>
  </message>
  <message>
   <source>For</source>
   <translation>用途</translation>
  </message>
  <message>
   <source>From the middle of the target to the middle of the aperture, when fired.</source>
   <translation>击发时，从目标中心到旋切窗中心。</translation>
  </message>
  <message>
   <source>Go there (Alt+{n})</source>
   <translation>跳到该处 (Alt+{n})</translation>
  </message>
  <message>
   <source>Images</source>
   <translation>图像</translation>
  </message>
  <message>
   <source>In three dimensions</source>
   <translation>三维</translation>
  </message>
  <message>
   <source>Insertions: {passes}. Cores: {cores}. Tissue: {mg:.0f} mg.</source>
   <translation>进针：{passes} 次。组织条：{cores} 条。组织：{mg:.0f} mg。</translation>
  </message>
  <message>
   <source>Largest error: {axis} {error} mm. Main cause: {cause}.</source>
   <translation>最大误差：{axis} {error} mm。主要原因：{cause}。</translation>
  </message>
  <message>
   <source>Marked as a mass taken for the correlate of the calcifications.</source>
   <translation>作为与钙化相对应的肿块而标记。</translation>
  </message>
  <message>
   <source>Marked as specks seen under ultrasound.</source>
   <translation>作为超声所见的钙化点而标记。</translation>
  </message>
  <message>
   <source>Marked where nothing was seen: a blind biopsy.</source>
   <translation>在什么都没有看到的地方标记：盲穿。</translation>
  </message>
  <message>
   <source>Marking</source>
   <translation>标记</translation>
  </message>
  <message>
   <source>Mass, mg</source>
   <translation>质量，mg</translation>
  </message>
  <message>
   <source>Needle</source>
   <translation>穿刺针</translation>
  </message>
  <message>
   <source>No core was taken. {reason}.</source>
   <translation>没有取组织条。{reason}。</translation>
  </message>
  <message>
   <source>Not retrieved: no calcification in any core ({n} taken)</source>
   <translation>未取到：所有组织条均无钙化（共取 {n} 条）</translation>
  </message>
  <message>
   <source>Other guidance</source>
   <translation>另一种引导</translation>
  </message>
  <message>
   <source>Other guidance, yourself</source>
   <translation>自己做另一种引导</translation>
  </message>
  <message>
   <source>Result</source>
   <translation>结果</translation>
  </message>
  <message>
   <source>Retrieved: calcification in {n} of {of} cores</source>
   <translation>已取到：{of} 条组织中有 {n} 条含钙化</translation>
  </message>
  <message>
   <source>Same patient again</source>
   <translation>再做同一位患者</translation>
  </message>
  <message>
   <source>Score</source>
   <translation>评分</translation>
  </message>
  <message>
   <source>Score beside published figures</source>
   <translation>评分与已发表数据的对照</translation>
  </message>
  <message>
   <source>Sketch</source>
   <translation>示意图</translation>
  </message>
  <message>
   <source>Specks</source>
   <translation>钙化点</translation>
  </message>
  <message>
   <source>Steps taken back: {n} (allowed here, not in life; not counted above).</source>
   <translation>撤销的步骤：{n}（这里允许，现实中不可；上文未计入）。</translation>
  </message>
  <message>
   <source>The aperture lay within {limit:.1f} mm of the middle of the target along every axis.</source>
   <translation>旋切窗沿每个轴都在距目标中心 {limit:.1f} mm 以内。</translation>
  </message>
  <message>
   <source>The debrief could not be worked out.</source>
   <translation>无法生成复盘。</translation>
  </message>
  <message>
   <source>The film shows no calcification, yet the cores ({n}) hold specks of the target: too small</source>
   <translation>片上未见钙化，但组织条（{n} 条）中含目标钙化点：太小，看不出来</translation>
  </message>
  <message>
   <source>The same breast and the same guidance, from the start</source>
   <translation>同一个乳腺，同一种引导，从头开始</translation>
  </message>
  <message>
   <source>The same patient, biopsied by you under the other guidance</source>
   <translation>同一位患者，由您用另一种引导方式活检</translation>
  </message>
  <message>
   <source>The two marks were on two different specks. The mismatch of their rows was the alarm; the wrong height is its price.</source>
   <translation>两个标记落在了两个不同的钙化点上。行的不一致就是警报；高度错误是其代价。</translation>
  </message>
  <message>
   <source>Tissue</source>
   <translation>组织</translation>
  </message>
  <message>
   <source>View</source>
   <translation>视图</translation>
  </message>
  <message>
   <source>What it cost</source>
   <translation>付出的代价</translation>
  </message>
  <message>
   <source>What stereotactic guidance would have shown</source>
   <translation>立体定向引导会显示什么</translation>
  </message>
  <message>
   <source>What the cores hold</source>
   <translation>组织条中有什么</translation>
  </message>
  <message>
   <source>What ultrasound would have shown</source>
   <translation>超声会显示什么</translation>
  </message>
  <message>
   <source>Where the needle was off, and why</source>
   <translation>穿刺针偏在哪里，为什么</translation>
  </message>
  <message>
   <source>Write all figures of this attempt to a CSV file</source>
   <translation>把本次练习的全部数据写入 CSV 文件</translation>
  </message>
  <message>
   <source>Your images with the truth</source>
   <translation>您的图像与真实情况</translation>
  </message>
  <message>
   <source>a calcification was marked that does not belong to the target</source>
   <translation>标记了不属于目标的钙化</translation>
  </message>
  <message>
   <source>a mark is on no speck</source>
   <translation>有一个标记不在任何钙化点上</translation>
  </message>
  <message>
   <source>after firing</source>
   <translation>击发后</translation>
  </message>
  <message>
   <source>before firing</source>
   <translation>击发前</translation>
  </message>
  <message>
   <source>cores all round the clock</source>
   <translation>按钟面四周取材</translation>
  </message>
  <message>
   <source>cores away from the target</source>
   <translation>向背离靶点的方向取材</translation>
  </message>
  <message>
   <source>cores toward the target's side</source>
   <translation>向靶点一侧取材</translation>
  </message>
  <message>
   <source>finding the group</source>
   <translation>寻找钙化簇</translation>
  </message>
  <message>
   <source>insert the needle anew</source>
   <translation>重新进针</translation>
  </message>
  <message>
   <source>kV</source>
   <translation>kV</translation>
  </message>
  <message>
   <source>left</source>
   <translation>左</translation>
  </message>
  <message>
   <source>mAs</source>
   <translation>mAs</translation>
  </message>
  <message>
   <source>mGy</source>
   <translation>mGy</translation>
  </message>
  <message>
   <source>move the needle along first</source>
   <translation>先沿针轴移动针</translation>
  </message>
  <message>
   <source>no core</source>
   <translation>未取材</translation>
  </message>
  <message>
   <source>of the target</source>
   <translation>属于目标</translation>
  </message>
  <message>
   <source>on film</source>
   <translation>片上所见</translation>
  </message>
  <message>
   <source>right</source>
   <translation>右</translation>
  </message>
  <message>
   <source>scout</source>
   <translation>定位像</translation>
  </message>
  <message>
   <source>she moved between the exposures</source>
   <translation>患者在两次曝光之间移动了</translation>
  </message>
  <message>
   <source>targeting</source>
   <translation>定靶</translation>
  </message>
  <message>
   <source>the marks lie beside the specks (hand)</source>
   <translation>标记偏在钙化点旁边（手的误差）</translation>
  </message>
  <message>
   <source>the needle did not go where it was aimed</source>
   <translation>针没有到达所瞄准的位置</translation>
  </message>
  <message>
   <source>the needle was aimed off on purpose</source>
   <translation>针被有意瞄偏</translation>
  </message>
  <message>
   <source>the place marked is not the target</source>
   <translation>所标记的位置不是目标</translation>
  </message>
  <message>
   <source>the speck marked lies beside the middle of the group</source>
   <translation>所标记的钙化点偏离钙化簇的中心</translation>
  </message>
  <message>
   <source>the tissue was pushed or moved away</source>
   <translation>组织被推开或移动了</translation>
  </message>
  <message>
   <source>the two marks are on different specks (wrong pair)</source>
   <translation>两个标记在不同的钙化点上（配对错误）</translation>
  </message>
  <message>
   <source>the unit does not stand where its console believes</source>
   <translation>机器的实际位置与控制台所认为的不同</translation>
  </message>
  <message>
   <source>with the clip</source>
   <translation>置夹后</translation>
  </message>
  <message>
   <source>within tolerance</source>
   <translation>在容差之内</translation>
  </message>
  <message>
   <source>x: patient's left. y: nipple. z: paddle.</source>
   <translation>x：患者左侧。y：乳头。z：压迫板。</translation>
  </message>
  <message>
   <source>x: patient's right. y: head. z: deeper.</source>
   <translation>x：患者右侧。y：头侧。z：向深处。</translation>
  </message>
  <message>
   <source>x: patient's right. y: nipple. z: paddle.</source>
   <translation>x：患者右侧。y：乳头。z：压迫板。</translation>
  </message>
  <message>
   <source>{n} of the {of} specks of the target were removed ({percent:.0f} %).</source>
   <translation>目标的 {of} 个钙化点中，取出了 {n} 个（{percent:.0f} %）。</translation>
  </message>
  <message>
   <source>{one}, or {other}</source>
   <translation>{one}，或{other}</translation>
  </message>
  <message>
   <source>{percent:.0f} % of the volume that the target's specks span ({mm3:.0f} mm³) was removed.</source>
   <translation>目标钙化点所占体积（{mm3:.0f} mm³）的 {percent:.0f} % 已取出。</translation>
  </message>
  <message>
   <source>{value:.0f}</source>
   <translation>{value:.0f}</translation>
  </message>
  <message>
   <source>{value:.1f}</source>
   <translation>{value:.1f}</translation>
  </message>
  <message>
   <source>{value:.2f}</source>
   <translation>{value:.2f}</translation>
  </message>
  <message>
   <source>−{mm:.1f}</source>
   <translation>−{mm:.1f}</translation>
  </message>
 </context>
 <context>
  <name>Device</name>
  <message>
   <source>{device}, blunt tip</source>
   <translation>{device}，钝头</translation>
  </message>
  <message>
   <source>{device}, half</source>
   <translation>{device}，半窗</translation>
  </message>
  <message>
   <source>{device}, petite</source>
   <translation>{device}，短窗</translation>
  </message>
  <message>
   <source>{device}, petite, blunt tip</source>
   <translation>{device}，短窗，钝头</translation>
  </message>
  <message>
   <source>{device}, short throw</source>
   <translation>{device}，短行程</translation>
  </message>
  <message>
   <source>{gauge}G gun</source>
   <translation>{gauge}G 活检枪</translation>
  </message>
  <message>
   <source>{gauge}G vacuum</source>
   <translation>{gauge}G 真空旋切</translation>
  </message>
  <message>
   <source>{gauge}G {trade}</source>
   <translation>{gauge}G {trade}</translation>
  </message>
 </context>
 <context>
  <name>DeviceTable</name>
  <message>
   <source>Devices</source>
   <translation>器械</translation>
  </message>
  <message>
   <source>Margins in mm with the aperture centred on the target. A cross means: do not fire this one here.</source>
   <translation>旋切窗以靶点为中心时的余量，mm。叉号表示：此处不可用该器械击发。</translation>
  </message>
  <message>
   <source>aperture</source>
   <translation>旋切窗</translation>
  </message>
  <message>
   <source>device</source>
   <translation>器械</translation>
  </message>
  <message>
   <source>skin</source>
   <translation>皮肤</translation>
  </message>
  <message>
   <source>stroke</source>
   <translation>行程</translation>
  </message>
 </context>
 <context>
  <name>Explanation</name>
  <message>
   <source>What helps, the simplest first</source>
   <translation>可行的办法，最简单的在前</translation>
  </message>
  <message>
   <source>Why?</source>
   <translation>为什么？</translation>
  </message>
  <message>
   <source>{n}. {what}.</source>
   <translation>{n}. {what}。</translation>
  </message>
 </context>
 <context>
  <name>ExposureStrip</name>
  <message>
   <source>All exposures</source>
   <translation>全部曝光</translation>
  </message>
  <message>
   <source>All exposures so far: choose one to compare it (Page Up, Page Down)</source>
   <translation>到目前为止的全部曝光：选一幅进行对比（Page Up、Page Down）</translation>
  </message>
  <message>
   <source>The breast was positioned otherwise</source>
   <translation>当时乳腺的摆位不同</translation>
  </message>
 </context>
 <context>
  <name>FireButton</name>
  <message>
   <source>Do not fire</source>
   <translation>不击发</translation>
  </message>
  <message>
   <source>Do not fire here</source>
   <translation>此处不可击发</translation>
  </message>
  <message>
   <source>FIRE  (Ctrl+F)</source>
   <translation>击发  (Ctrl+F)</translation>
  </message>
  <message>
   <source>FIRE - UNSAFE  (Ctrl+F)</source>
   <translation>击发 - 不安全  (Ctrl+F)</translation>
  </message>
  <message>
   <source>Fire all the same</source>
   <translation>仍然击发</translation>
  </message>
  <message>
   <source>Fire the needle</source>
   <translation>击发穿刺针</translation>
  </message>
  <message>
   <source>Fire the needle (Ctrl+F). This is the one step that cannot be undone.</source>
   <translation>击发穿刺针 (Ctrl+F)。这是唯一不能撤销的一步。</translation>
  </message>
  <message>
   <source>Safety check</source>
   <translation>安全检查</translation>
  </message>
  <message>
   <source>{what}

Firing cannot be undone.</source>
   <translation>{what}

击发不能撤销。</translation>
  </message>
  <message>
   <source>✓ Safe to fire: skin margin {skin} mm, stroke margin {stroke} mm.</source>
   <translation>✓ 可以安全击发：皮肤余量 {skin} mm，行程余量 {stroke} mm。</translation>
  </message>
  <message>
   <source>✓ Skin margin {skin} mm. See on the image that the tip has room.</source>
   <translation>✓ 皮肤余量 {skin} mm。请在图像上确认针尖前方有足够空间。</translation>
  </message>
 </context>
 <context>
  <name>FiringView</name>
  <message>
   <source>Firing {n}: {mm:.1f} mm from the middle of the target</source>
   <translation>击发 {n}：距目标中心 {mm:.1f} mm</translation>
  </message>
  <message>
   <source>{error} mm</source>
   <translation>{error} mm</translation>
  </message>
  <message>
   <source>{mark} {cause}</source>
   <translation>{mark} {cause}</translation>
  </message>
  <message>
   <source>✓</source>
   <translation>✓</translation>
  </message>
  <message>
   <source>✗</source>
   <translation>✗</translation>
  </message>
 </context>
 <context>
  <name>FramePage</name>
  <message>
   <source>Calcifications without a mass are often not seen under ultrasound. To say so, and to refer to stereotactic guidance, is then the right decision.</source>
   <translation>不伴肿块的钙化在超声下常常看不到。如实说明，并转行立体定向活检，就是正确的决定。</translation>
  </message>
  <message>
   <source>Freeze the image</source>
   <translation>冻结图像</translation>
  </message>
  <message>
   <source>Go on looking</source>
   <translation>继续查看</translation>
  </message>
  <message>
   <source>Keep this frame</source>
   <translation>保留此帧</translation>
  </message>
  <message>
   <source>Not visible: refer…</source>
   <translation>不可见：转诊…</translation>
  </message>
  <message>
   <source>Refer</source>
   <translation>转诊</translation>
  </message>
  <message>
   <source>Refer to stereotactic guidance?</source>
   <translation>转行立体定向引导？</translation>
  </message>
  <message>
   <source>You say that the finding is not visible under ultrasound, and that the patient is to be biopsied under stereotactic guidance. No needle is used. Where the finding cannot be seen this is the right decision: a needle placed blindly may miss it, and a benign result would then be false. The procedure ends, and the debrief shows what was there to be seen.</source>
   <translation>您认为病灶在超声下不可见，患者应在立体定向引导下活检。不用针。病灶确实看不到时，这是正确的决定：盲目进针可能错过病灶，良性结果就会是假的。操作到此结束，复盘会显示本来能看到什么。</translation>
  </message>
 </context>
 <context>
  <name>Gallery</name>
  <message>
   <source>A guided first biopsy, step by step, on case 1</source>
   <translation>在病例 1 上逐步引导您完成第一次活检</translation>
  </message>
  <message>
   <source>About</source>
   <translation>关于</translation>
  </message>
  <message>
   <source>All keys of the app (F1)</source>
   <translation>本程序的所有按键 (F1)</translation>
  </message>
  <message>
   <source>Begin the tour</source>
   <translation>开始入门引导</translation>
  </message>
  <message>
   <source>Choose a patient, read the case, and begin the biopsy.</source>
   <translation>选择患者，阅读病例，开始活检。</translation>
  </message>
  <message>
   <source>Discard</source>
   <translation>放弃</translation>
  </message>
  <message>
   <source>Do not begin</source>
   <translation>先不开始</translation>
  </message>
  <message>
   <source>Do not offer this attempt again; its record is kept in the data folder</source>
   <translation>不再提示这次练习；其记录仍保留在数据文件夹中</translation>
  </message>
  <message>
   <source>Go on</source>
   <translation>继续</translation>
  </message>
  <message>
   <source>It can be left at any time and taken up again with F3</source>
   <translation>可随时离开，按 F3 再继续</translation>
  </message>
  <message>
   <source>Keys</source>
   <translation>按键</translation>
  </message>
  <message>
   <source>Language, size of the texts, hints (F2)</source>
   <translation>语言、文字大小、提示 (F2)</translation>
  </message>
  <message>
   <source>New here? The tour leads you through a first biopsy, step by step.</source>
   <translation>第一次使用？入门引导会一步一步带您完成第一次活检。</translation>
  </message>
  <message>
   <source>Not done yet</source>
   <translation>尚未做过</translation>
  </message>
  <message>
   <source>Not finished: {title}. {guidance}, begun {when}. Go on where you were?</source>
   <translation>未完成：{title}。{guidance}，开始于 {when}。要从上次的地方继续吗？</translation>
  </message>
  <message>
   <source>Not now</source>
   <translation>以后再说</translation>
  </message>
  <message>
   <source>Open this attempt where it was left</source>
   <translation>从上次离开的地方打开这次练习</translation>
  </message>
  <message>
   <source>Patients</source>
   <translation>患者</translation>
  </message>
  <message>
   <source>Preparing the simulator</source>
   <translation>正在准备模拟器</translation>
  </message>
  <message>
   <source>Preparing the simulator: compiling, once per machine, about {n} s left</source>
   <translation>正在准备模拟器：正在编译，每台电脑只需一次，大约还需 {n} 秒</translation>
  </message>
  <message>
   <source>Progress</source>
   <translation>进度</translation>
  </message>
  <message>
   <source>Random patient {n}</source>
   <translation>随机患者 {n}</translation>
  </message>
  <message>
   <source>Random patient, drawn as in screening</source>
   <translation>随机患者，按筛查人群抽取</translation>
  </message>
  <message>
   <source>Settings</source>
   <translation>设置</translation>
  </message>
  <message>
   <source>Stay in the gallery when the simulator is ready</source>
   <translation>模拟器准备好后仍留在病例库</translation>
  </message>
  <message>
   <source>The button Tour begins it later</source>
   <translation>以后可用“入门引导”按钮开始</translation>
  </message>
  <message>
   <source>Tour</source>
   <translation>入门引导</translation>
  </message>
  <message>
   <source>What stereosim is and is not; versions</source>
   <translation>stereosim 是什么、不是什么；版本</translation>
  </message>
  <message>
   <source>{guidance}: {outcome}</source>
   <translation>{guidance}：{outcome}</translation>
  </message>
  <message>
   <source>{what}. Your attempt begins after that.</source>
   <translation>{what}。随后即开始您的练习。</translation>
  </message>
 </context>
 <context>
  <name>Help</name>
  <message>
   <source>About stereosim</source>
   <translation>关于 stereosim</translation>
  </message>
  <message>
   <source>An open simulator of stereotactic breast biopsy, compared with ultrasound guidance on the same virtual patient. For teaching and research.</source>
   <translation>开放的乳腺立体定向活检模拟器，并在同一位虚拟患者身上与超声引导相比较。用于教学和研究。</translation>
  </message>
  <message>
   <source>Free software under the BSD 3-Clause License.</source>
   <translation>自由软件，遵循 BSD 3-Clause 许可证。</translation>
  </message>
  <message>
   <source>Keys</source>
   <translation>按键</translation>
  </message>
  <message>
   <source>Not a medical device. Do not use it for the care of patients: its patients, images and results are simulated.</source>
   <translation>不是医疗器械。请勿用于患者诊疗：其中的患者、图像和结果都是模拟的。</translation>
  </message>
  <message>
   <source>Version {version}; Qt {qt}, Python {python}, {system}</source>
   <translation>版本 {version}；Qt {qt}，Python {python}，{system}</translation>
  </message>
 </context>
 <context>
  <name>HintBar</name>
  <message>
   <source>Careful</source>
   <translation>注意</translation>
  </message>
  <message>
   <source>Explain this hint, and all that helps (Y)</source>
   <translation>解释这条提示，以及可行的办法 (Y)</translation>
  </message>
  <message>
   <source>Good</source>
   <translation>很好</translation>
  </message>
  <message>
   <source>Hint {n} of {m}: next</source>
   <translation>提示 {n}/{m}：下一条</translation>
  </message>
  <message>
   <source>Hints</source>
   <translation>提示</translation>
  </message>
  <message>
   <source>Note</source>
   <translation>说明</translation>
  </message>
  <message>
   <source>Show the next hint (N)</source>
   <translation>显示下一条提示 (N)</translation>
  </message>
  <message>
   <source>Tip</source>
   <translation>提示</translation>
  </message>
  <message>
   <source>Why?</source>
   <translation>为什么？</translation>
  </message>
  <message>
   <source>{n} of {m}  ▸</source>
   <translation>{n}/{m}  ▸</translation>
  </message>
 </context>
 <context>
  <name>ImagePane</name>
  <message>
   <source>Wheel or + and -: zoom. Middle-drag, or Space and drag: move. Right-drag: contrast (left and right) and brightness (up and down). Keys: 1 to 5 presets, A auto, I invert, Ctrl+0 fit, Esc reset.</source>
   <translation>滚轮或 + 和 -：缩放。按中键拖动，或按住空格拖动：平移。按右键拖动：对比度（左右）和亮度（上下）。按键：1 至 5 预设，A 自动，I 反相，Ctrl+0 适合窗口，Esc 复位。</translation>
  </message>
 </context>
 <context>
  <name>ImageTools</name>
  <message>
   <source>1:1</source>
   <translation>1:1</translation>
  </message>
  <message>
   <source>A  Fitted to the image</source>
   <translation>A  适合图像</translation>
  </message>
  <message>
   <source>Captions, scale, band and outlines over the image (S)</source>
   <translation>图像上的文字、标尺、引导带和轮廓 (S)</translation>
  </message>
  <message>
   <source>Contrast</source>
   <translation>对比度</translation>
  </message>
  <message>
   <source>Fit</source>
   <translation>适合</translation>
  </message>
  <message>
   <source>Fit the paddle's window into the view; again: the whole image (Ctrl+0)</source>
   <translation>使压迫板窗口充满视图；再按一次：整幅图像 (Ctrl+0)</translation>
  </message>
  <message>
   <source>I  Invert black and white</source>
   <translation>I  黑白反相</translation>
  </message>
  <message>
   <source>Link</source>
   <translation>联动</translation>
  </message>
  <message>
   <source>One pixel of the image for each pixel of the screen (Ctrl+1)</source>
   <translation>图像的一个像素对应屏幕的一个像素 (Ctrl+1)</translation>
  </message>
  <message>
   <source>Overlays</source>
   <translation>标注</translation>
  </message>
  <message>
   <source>Presets 1 to 5, A auto, I invert; or drag with the right button</source>
   <translation>1 至 5 预设，A 自动，I 反相；或按右键拖动</translation>
  </message>
  <message>
   <source>The views zoom and move together (L)</source>
   <translation>各视图一起缩放和移动 (L)</translation>
  </message>
  <message>
   <source>Zoom in (+)</source>
   <translation>放大 (+)</translation>
  </message>
  <message>
   <source>Zoom out (-)</source>
   <translation>缩小 (-)</translation>
  </message>
 </context>
 <context>
  <name>ImagingPage</name>
  <message>
   <source>Another scout</source>
   <translation>再拍定位像</translation>
  </message>
  <message>
   <source>Expose the scout again: after the patient has moved, say. It adds its dose.</source>
   <translation>重新曝光定位像：例如患者移动之后。剂量会相应增加。</translation>
  </message>
  <message>
   <source>Last exposure: {kv:.0f} kV, {mas:.0f} mAs, {dose:.2f} mGy.</source>
   <translation>上次曝光：{kv:.0f} kV，{mas:.0f} mAs，{dose:.2f} mGy。</translation>
  </message>
 </context>
 <context>
  <name>Keys</name>
  <message>
   <source>App</source>
   <translation>程序</translation>
  </message>
  <message>
   <source>Arrows</source>
   <translation>方向键</translation>
  </message>
  <message>
   <source>Back to the gallery</source>
   <translation>回到病例库</translation>
  </message>
  <message>
   <source>Back to the page before</source>
   <translation>回到上一页</translation>
  </message>
  <message>
   <source>Brighter (lower level)</source>
   <translation>变亮（降低窗位）</translation>
  </message>
  <message>
   <source>Caliper: click two points</source>
   <translation>测量：点击两点</translation>
  </message>
  <message>
   <source>Clock hour 1 to 12, while the dial has the keyboard</source>
   <translation>钟点 1 至 12（钟点盘获得键盘焦点时）</translation>
  </message>
  <message>
   <source>Darker</source>
   <translation>变暗</translation>
  </message>
  <message>
   <source>Debrief</source>
   <translation>复盘</translation>
  </message>
  <message>
   <source>Do the next step</source>
   <translation>执行下一步</translation>
  </message>
  <message>
   <source>Enter from the other side</source>
   <translation>从另一侧进针</translation>
  </message>
  <message>
   <source>Explain the hint</source>
   <translation>解释提示</translation>
  </message>
  <message>
   <source>Exposure after</source>
   <translation>后一次曝光</translation>
  </message>
  <message>
   <source>Exposure before</source>
   <translation>前一次曝光</translation>
  </message>
  <message>
   <source>FIRE (cannot be undone)</source>
   <translation>击发（不能撤销）</translation>
  </message>
  <message>
   <source>Fit the image</source>
   <translation>图像适合窗口</translation>
  </message>
  <message>
   <source>Focus deeper</source>
   <translation>聚焦加深</translation>
  </message>
  <message>
   <source>Focus nearer</source>
   <translation>聚焦变浅</translation>
  </message>
  <message>
   <source>Freeze or go on</source>
   <translation>冻结或继续</translation>
  </message>
  <message>
   <source>Full screen on or off</source>
   <translation>全屏开或关</translation>
  </message>
  <message>
   <source>Go to a section</source>
   <translation>跳到某一节</translation>
  </message>
  <message>
   <source>Images</source>
   <translation>图像</translation>
  </message>
  <message>
   <source>Invert black and white</source>
   <translation>黑白反相</translation>
  </message>
  <message>
   <source>Keep the frozen frame</source>
   <translation>保留冻结的帧</translation>
  </message>
  <message>
   <source>Lean the probe by 5° (Alt: 1°)</source>
   <translation>探头倾斜 5°（Alt：1°）</translation>
  </message>
  <message>
   <source>Lean the probe the other way</source>
   <translation>探头向另一侧倾斜</translation>
  </message>
  <message>
   <source>Less contrast (wider window)</source>
   <translation>降低对比度（窗宽加大）</translation>
  </message>
  <message>
   <source>Less depth</source>
   <translation>减小深度</translation>
  </message>
  <message>
   <source>Less gain</source>
   <translation>减小增益</translation>
  </message>
  <message>
   <source>Link zoom and pan of the views</source>
   <translation>联动各视图的缩放和平移</translation>
  </message>
  <message>
   <source>Magnifier on or off</source>
   <translation>放大镜开或关</translation>
  </message>
  <message>
   <source>Marking on or off</source>
   <translation>标记开或关</translation>
  </message>
  <message>
   <source>Marks</source>
   <translation>标记</translation>
  </message>
  <message>
   <source>More contrast</source>
   <translation>提高对比度</translation>
  </message>
  <message>
   <source>More depth</source>
   <translation>增大深度</translation>
  </message>
  <message>
   <source>More gain</source>
   <translation>增大增益</translation>
  </message>
  <message>
   <source>Move the image (also middle-drag, or Space and drag)</source>
   <translation>移动图像（也可按中键拖动，或按住空格拖动）</translation>
  </message>
  <message>
   <source>Move the mark by a pixel (Shift: 10, Alt: 0.1)</source>
   <translation>标记移动一个像素（Shift：10，Alt：0.1）</translation>
  </message>
  <message>
   <source>Move the probe by 1 mm (Shift: 5, Alt: 0.2)</source>
   <translation>探头移动 1 mm（Shift：5，Alt：0.2）</translation>
  </message>
  <message>
   <source>Needle back</source>
   <translation>退针</translation>
  </message>
  <message>
   <source>Needle flatter</source>
   <translation>针放平</translation>
  </message>
  <message>
   <source>Needle on by 1 mm (Shift: 5, Alt: 0.2)</source>
   <translation>进针 1 mm（Shift：5，Alt：0.2）</translation>
  </message>
  <message>
   <source>Needle steeper by 1°</source>
   <translation>针变陡 1°</translation>
  </message>
  <message>
   <source>Next hint</source>
   <translation>下一条提示</translation>
  </message>
  <message>
   <source>One image pixel per pixel</source>
   <translation>图像像素与屏幕像素一一对应</translation>
  </message>
  <message>
   <source>Overlays on or off</source>
   <translation>标注开或关</translation>
  </message>
  <message>
   <source>Press less</source>
   <translation>减轻按压</translation>
  </message>
  <message>
   <source>Press the probe harder</source>
   <translation>加重按压</translation>
  </message>
  <message>
   <source>Procedure</source>
   <translation>操作</translation>
  </message>
  <message>
   <source>Put the mark in the middle of the view</source>
   <translation>把标记放到视图中央</translation>
  </message>
  <message>
   <source>Quit</source>
   <translation>退出</translation>
  </message>
  <message>
   <source>Redo</source>
   <translation>重做</translation>
  </message>
  <message>
   <source>Reset zoom, pan and window</source>
   <translation>缩放、平移和窗复位</translation>
  </message>
  <message>
   <source>Settings</source>
   <translation>设置</translation>
  </message>
  <message>
   <source>Sketch: everything</source>
   <translation>示意图：全部</translation>
  </message>
  <message>
   <source>Sketch: the target</source>
   <translation>示意图：目标</translation>
  </message>
  <message>
   <source>Swing it back</source>
   <translation>摆回</translation>
  </message>
  <message>
   <source>Swing the needle out of the plane by 1°</source>
   <translation>针向平面外摆动 1°</translation>
  </message>
  <message>
   <source>Take the mark away</source>
   <translation>取消标记</translation>
  </message>
  <message>
   <source>This sheet</source>
   <translation>本页</translation>
  </message>
  <message>
   <source>Tour: begin or go on</source>
   <translation>入门引导：开始或继续</translation>
  </message>
  <message>
   <source>Turn the probe (Shift: 90°)</source>
   <translation>转动探头（Shift：90°）</translation>
  </message>
  <message>
   <source>Turn the probe the other way</source>
   <translation>反向转动探头</translation>
  </message>
  <message>
   <source>Turn the sketch</source>
   <translation>转动示意图</translation>
  </message>
  <message>
   <source>Ultrasound</source>
   <translation>超声</translation>
  </message>
  <message>
   <source>Undo</source>
   <translation>撤销</translation>
  </message>
  <message>
   <source>Window fitted to the image</source>
   <translation>窗适合图像</translation>
  </message>
  <message>
   <source>Window preset</source>
   <translation>窗预设</translation>
  </message>
  <message>
   <source>Zoom in</source>
   <translation>放大</translation>
  </message>
  <message>
   <source>Zoom out</source>
   <translation>缩小</translation>
  </message>
 </context>
 <context>
  <name>Knobs</name>
  <message>
   <source>Auto</source>
   <translation>自动</translation>
  </message>
  <message>
   <source>Brightness of the whole image (+ and -). It does not change the echoes.</source>
   <translation>整幅图像的亮度（+ 和 -）。它不改变回声本身。</translation>
  </message>
  <message>
   <source>Caliper</source>
   <translation>测量</translation>
  </message>
  <message>
   <source>Depth</source>
   <translation>深度</translation>
  </message>
  <message>
   <source>Depth of the transmit focus: the image is sharpest there. Put it at the depth of the finding (Ctrl+PgUp, Ctrl+PgDown).</source>
   <translation>发射聚焦的深度：图像在该处最清晰。把它放在病灶的深度 (Ctrl+PgUp、Ctrl+PgDown)。</translation>
  </message>
  <message>
   <source>Dynamic range from black to white. Less range: more contrast, and weak echoes are lost.</source>
   <translation>从黑到白的动态范围。范围越小，对比度越高，弱回声会丢失。</translation>
  </message>
  <message>
   <source>Focus</source>
   <translation>聚焦</translation>
  </message>
  <message>
   <source>Freeze</source>
   <translation>冻结</translation>
  </message>
  <message>
   <source>Gain</source>
   <translation>增益</translation>
  </message>
  <message>
   <source>Go on</source>
   <translation>继续</translation>
  </message>
  <message>
   <source>Hold the image, or go on (Space). Measure and mark on a frozen image.</source>
   <translation>停住图像，或继续（空格）。请在冻结的图像上测量和标记。</translation>
  </message>
  <message>
   <source>Keep</source>
   <translation>保留</translation>
  </message>
  <message>
   <source>Keep the frozen frame in the record (K).</source>
   <translation>把冻结的帧存入记录 (K)。</translation>
  </message>
  <message>
   <source>Lean the probe: the plane fans about the array and shows what lies beside it (U, J). What faces the beam squarely is brightest.</source>
   <translation>倾斜探头：扫查平面绕阵列摆动，显示旁侧的组织（U、J）。正对声束的界面最亮。</translation>
  </message>
  <message>
   <source>Measure between two points of the frozen image (C): click both.</source>
   <translation>在冻结图像上测量两点间的距离 (C)：点击这两点。</translation>
  </message>
  <message>
   <source>Press</source>
   <translation>压力</translation>
  </message>
  <message>
   <source>Probe pressure: how much thinner the tissue under the probe is (D, V). Sound has less way to go and comes deeper; the target comes nearer.</source>
   <translation>探头压力：探头下组织被压薄的比例（D、V）。声程缩短，穿透更深；目标更接近探头。</translation>
  </message>
  <message>
   <source>Range</source>
   <translation>动态范围</translation>
  </message>
  <message>
   <source>Set the gain to this image (A).</source>
   <translation>按此图像设定增益 (A)。</translation>
  </message>
  <message>
   <source>Show the breast down to this depth (PgUp, PgDown, wheel).</source>
   <translation>显示乳腺到这一深度（PgUp、PgDown、滚轮）。</translation>
  </message>
  <message>
   <source>Tilt</source>
   <translation>倾角</translation>
  </message>
  <message>
   <source>{angle}°</source>
   <translation>{angle}°</translation>
  </message>
  <message>
   <source>{d:.0f} %</source>
   <translation>{d:.0f} %</translation>
  </message>
  <message>
   <source>{d:.0f} dB</source>
   <translation>{d:.0f} dB</translation>
  </message>
  <message>
   <source>{d:.0f} mm</source>
   <translation>{d:.0f} mm</translation>
  </message>
  <message>
   <source>{gain} dB</source>
   <translation>{gain} dB</translation>
  </message>
 </context>
 <context>
  <name>LearningCurve</name>
  <message>
   <source>Learning curve</source>
   <translation>学习曲线</translation>
  </message>
  <message>
   <source>No attempt yet.</source>
   <translation>还没有练习。</translation>
  </message>
  <message>
   <source>attempt</source>
   <translation>练习次序</translation>
  </message>
  <message>
   <source>retrieved, share of the last {n}</source>
   <translation>最近 {n} 次中取到钙化的比例</translation>
  </message>
  <message>
   <source>{k} of {n} attempts retrieved; {percent:.0f} % of the last {last}.</source>
   <translation>{n} 次练习中有 {k} 次取到钙化；最近 {last} 次中为 {percent:.0f} %。</translation>
  </message>
 </context>
 <context>
  <name>Legend</name>
  <message>
   <source>Legend</source>
   <translation>图例</translation>
  </message>
  <message>
   <source>aperture</source>
   <translation>旋切窗</translation>
  </message>
  <message>
   <source>beside the image plane</source>
   <translation>在图像平面旁</translation>
  </message>
  <message>
   <source>chest wall</source>
   <translation>胸壁</translation>
  </message>
  <message>
   <source>clip after release</source>
   <translation>松开压迫后的标记夹</translation>
  </message>
  <message>
   <source>earlier insertion</source>
   <translation>先前的进针</translation>
  </message>
  <message>
   <source>error: aperture to target</source>
   <translation>误差：旋切窗到目标</translation>
  </message>
  <message>
   <source>its aperture</source>
   <translation>其旋切窗</translation>
  </message>
  <message>
   <source>its two standard deviations</source>
   <translation>其两倍标准差</translation>
  </message>
  <message>
   <source>needle</source>
   <translation>穿刺针</translation>
  </message>
  <message>
   <source>other calcification</source>
   <translation>其他钙化</translation>
  </message>
  <message>
   <source>paddle</source>
   <translation>压迫板</translation>
  </message>
  <message>
   <source>removed</source>
   <translation>已取出</translation>
  </message>
  <message>
   <source>skin, flat as under the probe</source>
   <translation>皮肤，如在探头下一样展平</translation>
  </message>
  <message>
   <source>speck left in the breast</source>
   <translation>留在乳腺内的钙化点</translation>
  </message>
  <message>
   <source>speck of the target</source>
   <translation>目标钙化点</translation>
  </message>
  <message>
   <source>support</source>
   <translation>支撑台</translation>
  </message>
  <message>
   <source>target group</source>
   <translation>目标钙化簇</translation>
  </message>
  <message>
   <source>the operator's mark</source>
   <translation>操作者的标记</translation>
  </message>
  <message>
   <source>where it was aimed</source>
   <translation>所瞄准的位置</translation>
  </message>
  <message>
   <source>where the needle truly was</source>
   <translation>针的真实位置</translation>
  </message>
  <message>
   <source>window of the paddle</source>
   <translation>压迫板窗口</translation>
  </message>
  <message>
   <source>your mark</source>
   <translation>您的标记</translation>
  </message>
 </context>
 <context>
  <name>MainWindow</name>
  <message>
   <source>Something went wrong, and nothing has been changed. You can go on.</source>
   <translation>出了问题，但没有任何改变。您可以继续。</translation>
  </message>
  <message>
   <source>The log is in {folder}</source>
   <translation>日志在 {folder}</translation>
  </message>
 </context>
 <context>
  <name>Mismatch</name>
  <message>
   <source>A mark is set beside the breast, where nothing is.</source>
   <translation>标记位于乳房之外，那里没有组织。</translation>
  </message>
  <message>
   <source>Within {limit:.1f} mm, but rare for one speck (under 1 in 100): look again.</source>
   <translation>在 {limit:.1f} mm 之内，但同一颗粒很少出现这样的差别（不到百分之一）：请再看一看。</translation>
  </message>
  <message>
   <source>Within {limit:.1f} mm: one speck gives this or more in {n:.0f} of 100 pairs.</source>
   <translation>在 {limit:.1f} mm 之内：同一颗粒每 100 对中有 {n:.0f} 对达到或超过此值。</translation>
  </message>
  <message>
   <source>y mismatch above {limit:.1f} mm: two different specks, or the patient moved.</source>
   <translation>y 不一致超过 {limit:.1f} mm：是两个不同的钙化点，或患者移动了。</translation>
  </message>
  <message>
   <source>z lies outside the breast: these marks cannot be one speck.</source>
   <translation>z 在乳腺之外：这两个标记不可能是同一个钙化点。</translation>
  </message>
 </context>
 <context>
  <name>NeedleControls</name>
  <message>
   <source> mm</source>
   <translation> mm</translation>
  </message>
  <message>
   <source>Aim off in {axis}, mm</source>
   <translation>瞄准偏移 {axis}，mm</translation>
  </message>
  <message>
   <source>Aim off the target by, mm</source>
   <translation>瞄准点偏离靶点，mm</translation>
  </message>
  <message>
   <source>Aim this far above the target. Less depth gains stroke margin; the target must still lie beside the aperture.</source>
   <translation>瞄准靶点上方这么远。深度减小，行程余量就增大；但靶点仍须位于旋切窗旁。</translation>
  </message>
  <message>
   <source>Aim this far beside the target along x.</source>
   <translation>沿 x 瞄准靶点旁这么远。</translation>
  </message>
  <message>
   <source>Aim this far beside the target toward the nipple.</source>
   <translation>朝乳头方向瞄准靶点旁这么远。</translation>
  </message>
  <message>
   <source>Along the skin from the edge of the probe to the entry (W nearer, S farther).</source>
   <translation>沿皮肤从探头边缘到进针点的距离（W 近，S 远）。</translation>
  </message>
  <message>
   <source>Angle of the needle to the skin (R steeper, F flatter). The flatter, the brighter its echo. Or click in the image: the line is laid through that point.</source>
   <translation>针与皮肤的夹角（R 变陡，F 放平）。越平，回声越亮。也可在图像中点击：引导线将通过该点。</translation>
  </message>
  <message>
   <source>Aperture {a:g} mm, throw {throw:g} mm, dead tip {tip:g} mm; usually {n} cores of about {mass:.0f} mg.</source>
   <translation>旋切窗 {a:g} mm，射程 {throw:g} mm，针尖盲区 {tip:g} mm；通常取 {n} 条，每条约 {mass:.0f} mg。</translation>
  </message>
  <message>
   <source>Device</source>
   <translation>器械</translation>
  </message>
  <message>
   <source>Entry beside the probe</source>
   <translation>探头旁的进针点</translation>
  </message>
  <message>
   <source>From the paddle, or level on the lateral arm from either side: in a thin breast the throw then runs along the breast and not out at the back.</source>
   <translation>自压迫板方向，或装在侧臂上从任一侧水平进针：在薄的乳腺中，行程便沿着乳腺走，而不会从背面穿出。</translation>
  </message>
  <message>
   <source>From the probe</source>
   <translation>距探头</translation>
  </message>
  <message>
   <source>From which side of the image the needle comes (X).</source>
   <translation>针从图像的哪一侧进入 (X)。</translation>
  </message>
  <message>
   <source>How the needle is held</source>
   <translation>持针方式</translation>
  </message>
  <message>
   <source>Insert the needle</source>
   <translation>进针</translation>
  </message>
  <message>
   <source>Insert to pre-fire</source>
   <translation>进针至击发前位置</translation>
  </message>
  <message>
   <source>Needles that can be held in the hand: length of the aperture, and throw, how far the point jumps on firing.</source>
   <translation>可手持的穿刺针：旋切窗长度，以及射程（击发时针尖前冲的距离）。</translation>
  </message>
  <message>
   <source>Out of plane</source>
   <translation>平面外角度</translation>
  </message>
  <message>
   <source>The line passes the target at {beside:.1f} mm, {along:.0f} mm from the skin.</source>
   <translation>该线在距皮肤 {along:.0f} mm 处从靶点旁 {beside:.1f} mm 通过。</translation>
  </message>
  <message>
   <source>The needle points away from the target.</source>
   <translation>针背离靶点。</translation>
  </message>
  <message>
   <source>Tilt</source>
   <translation>倾角</translation>
  </message>
  <message>
   <source>Turn of the needle out of the image plane (T, G). At 0 all of it is in view.</source>
   <translation>针偏出图像平面的角度（T、G）。为 0 时全针可见。</translation>
  </message>
  <message>
   <source>right →</source>
   <translation>右 →</translation>
  </message>
  <message>
   <source>{name} · {aperture:.0f} mm · throw {throw:.0f} mm</source>
   <translation>{name} · {aperture:.0f} mm · 射程 {throw:.0f} mm</translation>
  </message>
  <message>
   <source>← left</source>
   <translation>← 左</translation>
  </message>
 </context>
 <context>
  <name>Other</name>
  <message>
   <source>As much stands out by chance in about {n} of 1000 searches of breasts without a finding.</source>
   <translation>在 1000 次对无病灶乳腺的搜索中，约有 {n} 次会偶然出现同样突出的回声。</translation>
  </message>
  <message>
   <source>As much stands out by chance in fewer than 1 of 1000 searches of breasts without a finding.</source>
   <translation>在 1000 次对无病灶乳腺的搜索中，偶然出现同样突出回声的不到 1 次。</translation>
  </message>
  <message>
   <source>Neither you nor the simulated operator took a core; one patient proves nothing.</source>
   <translation>您和模拟操作者都没有取组织条；一位患者不能说明什么。</translation>
  </message>
  <message>
   <source>No specks were seen. The simulated operator took a mass for the correlate, and it does hold the calcifications.</source>
   <translation>未看到钙化点。模拟操作者把一个肿块当作对应病灶，而它确实含有这些钙化。</translation>
  </message>
  <message>
   <source>No specks were seen. The simulated operator took a mass for the correlate, but it does not hold the calcifications.</source>
   <translation>未看到钙化点。模拟操作者把一个肿块当作对应病灶，但它并不含有这些钙化。</translation>
  </message>
  <message>
   <source>Specks removed: {theirs:.0f} % there, {yours:.0f} % by you. In this patient it made no difference; one patient proves nothing about the next.</source>
   <translation>取出的钙化点：对方 {theirs:.0f} %，您 {yours:.0f} %。在这位患者身上没有差别；一位患者不能说明下一位。</translation>
  </message>
  <message>
   <source>Specks removed: {theirs:.0f} % there, {yours:.0f} % by you. In this patient the other guidance did better; one patient proves nothing about the next.</source>
   <translation>取出的钙化点：对方 {theirs:.0f} %，您 {yours:.0f} %。在这位患者身上另一种引导更好；一位患者不能说明下一位。</translation>
  </message>
  <message>
   <source>Specks removed: {theirs:.0f} % there, {yours:.0f} % by you. In this patient you did better; one patient proves nothing about the next.</source>
   <translation>取出的钙化点：对方 {theirs:.0f} %，您 {yours:.0f} %。在这位患者身上您做得更好；一位患者不能说明下一位。</translation>
  </message>
  <message>
   <source>Stereotactic guidance, same patient: {result}</source>
   <translation>立体定向引导，同一位患者：{result}</translation>
  </message>
  <message>
   <source>The simulated operator could not make the group out in the images, and stopped.</source>
   <translation>模拟操作者在图像上无法辨认钙化簇，于是停止。</translation>
  </message>
  <message>
   <source>The simulated operator found the group in both views and targeted it.</source>
   <translation>模拟操作者在两个视图中都找到了钙化簇，并据此定靶。</translation>
  </message>
  <message>
   <source>The simulated operator saw bright specks, and they were those of the target.</source>
   <translation>模拟操作者看到了亮点，它们正是目标钙化点。</translation>
  </message>
  <message>
   <source>The simulated operator saw neither specks nor a mass that could be the lesion, and referred her: the right decision where nothing is seen.</source>
   <translation>模拟操作者既未看到钙化点，也未看到可能是病灶的肿块，于是将患者转诊：什么都看不到时，这是正确的决定。</translation>
  </message>
  <message>
   <source>The simulated operator took bright echoes for the specks; they were not those of the target.</source>
   <translation>模拟操作者把亮回声当作钙化点；它们并不属于目标。</translation>
  </message>
  <message>
   <source>Ultrasound guidance, same patient: {result}</source>
   <translation>超声引导，同一位患者：{result}</translation>
  </message>
  <message>
   <source>With the same kind of needle as yours ({device}): {percent:.0f} % of the specks in {cores} cores, {mm:.1f} mm off the middle of the target, {minutes:.0f} minutes.</source>
   <translation>用与您相同种类的针（{device}）：{cores} 条组织取出 {percent:.0f} % 的钙化点，偏离目标中心 {mm:.1f} mm，用时 {minutes:.0f} 分钟。</translation>
  </message>
  <message>
   <source>With the usual needle ({device}): {percent:.0f} % of the specks in {cores} cores, {mm:.1f} mm off the middle of the target, {minutes:.0f} minutes.</source>
   <translation>用常规的针（{device}）：{cores} 条组织取出 {percent:.0f} % 的钙化点，偏离目标中心 {mm:.1f} mm，用时 {minutes:.0f} 分钟。</translation>
  </message>
  <message>
   <source>You took no core. The other guidance removed {theirs:.0f} % of the specks; one patient proves nothing about the next.</source>
   <translation>您没有取组织条。另一种引导取出了 {theirs:.0f} % 的钙化点；一位患者不能说明下一位。</translation>
  </message>
  <message>
   <source>calcification in the cores, but none of the target</source>
   <translation>组织条中有钙化，但都不属于目标</translation>
  </message>
  <message>
   <source>no biopsy. {reason}.</source>
   <translation>未活检。{reason}。</translation>
  </message>
  <message>
   <source>not retrieved</source>
   <translation>未取到</translation>
  </message>
  <message>
   <source>retrieved</source>
   <translation>已取到</translation>
  </message>
 </context>
 <context>
  <name>OtherGuidance</name>
  <message>
   <source>Cancel</source>
   <translation>取消</translation>
  </message>
  <message>
   <source>Progress of the other guidance</source>
   <translation>另一种引导的进度</translation>
  </message>
  <message>
   <source>Stop working it out; it can be started again</source>
   <translation>停止计算；可以重新开始</translation>
  </message>
  <message>
   <source>Takes up to half a minute; you can go on reading</source>
   <translation>最多需要半分钟；您可以继续阅读</translation>
  </message>
  <message>
   <source>The same patient, biopsied by the simulated operator the other way.</source>
   <translation>同一位患者，由模拟操作者以另一种方式活检。</translation>
  </message>
  <message>
   <source>The simulated operator biopsies this patient under stereotactic guidance.</source>
   <translation>模拟操作者在立体定向引导下为这位患者活检。</translation>
  </message>
  <message>
   <source>The simulated operator scans this patient with ultrasound.</source>
   <translation>模拟操作者用超声扫查这位患者。</translation>
  </message>
  <message>
   <source>Work it out</source>
   <translation>计算</translation>
  </message>
  <message>
   <source>{what} About {n} s left.</source>
   <translation>{what} 大约还需 {n} 秒。</translation>
  </message>
 </context>
 <context>
  <name>Outcome</name>
  <message>
   <source>Stereotactic</source>
   <translation>立体定向</translation>
  </message>
  <message>
   <source>Ultrasound</source>
   <translation>超声</translation>
  </message>
  <message>
   <source>calcification retrieved</source>
   <translation>已取到钙化</translation>
  </message>
  <message>
   <source>finished</source>
   <translation>已完成</translation>
  </message>
  <message>
   <source>no calcification in the cores</source>
   <translation>组织条中无钙化</translation>
  </message>
  <message>
   <source>not accessible</source>
   <translation>无法到达</translation>
  </message>
  <message>
   <source>not found on the images</source>
   <translation>图像上未找到</translation>
  </message>
  <message>
   <source>not visible, referred</source>
   <translation>不可见，已转诊</translation>
  </message>
 </context>
 <context>
  <name>PairControls</name>
  <message>
   <source>Another pair</source>
   <translation>再拍一对</translation>
  </message>
  <message>
   <source>Expose both views again: where the patient moved between them.</source>
   <translation>两个视图重新曝光：用于患者在两次曝光之间移动时。</translation>
  </message>
  <message>
   <source>Expose the stereo pair</source>
   <translation>曝光立体像对</translation>
  </message>
  <message>
   <source>On to the target</source>
   <translation>去定靶</translation>
  </message>
  <message>
   <source>The pair is taken at −15° and +15°. A speck shifts between the views along x; the higher it lies above the detector, the more.</source>
   <translation>像对在 −15° 和 +15° 拍摄。钙化点在两个视图之间沿 x 移位；离探测器越高，移位越大。</translation>
  </message>
 </context>
 <context>
  <name>PartsKey</name>
  <message>
   <source>Error</source>
   <translation>误差</translation>
  </message>
 </context>
 <context>
  <name>PlanView</name>
  <message>
   <source>Plan from above</source>
   <translation>自上方的平面图</translation>
  </message>
  <message>
   <source>The breast under the paddle, seen along the needle: chest wall below, nipple above. The shifts move the breast until the place lies in the window.</source>
   <translation>压迫板下的乳腺，沿针的方向看：胸壁在下，乳头在上。移位使乳腺移动，直到该处进入活检窗。</translation>
  </message>
  <message>
   <source>The place of the referral lies {x} mm and {y} mm from the window's middle</source>
   <translation>申请单所述位置距活检窗中心 x {x} mm，y {y} mm</translation>
  </message>
  <message>
   <source>chest wall</source>
   <translation>胸壁</translation>
  </message>
  <message>
   <source>lateral</source>
   <translation>外侧</translation>
  </message>
  <message>
   <source>medial</source>
   <translation>内侧</translation>
  </message>
  <message>
   <source>window</source>
   <translation>活检窗</translation>
  </message>
 </context>
 <context>
  <name>PositionControls</name>
  <message>
   <source> mm</source>
   <translation> mm</translation>
  </message>
  <message>
   <source>A target half way down leaves a stroke margin of {mm} mm ({gauge:g}G).</source>
   <translation>位于一半深度的靶点，行程余量为 {mm} mm（{gauge:g}G）。</translation>
  </message>
  <message>
   <source>About {dose:.2f} mGy an exposure.</source>
   <translation>每次曝光约 {dose:.2f} mGy。</translation>
  </message>
  <message>
   <source>As the referral says</source>
   <translation>按申请单</translation>
  </message>
  <message>
   <source>Caudocranial: the shorter way to a lesion of the lower breast, with no scar that shows. Left and right change sides in the images.</source>
   <translation>尾头位：到乳腺下部病灶的路径较短，瘢痕不外露。图像中左右互换。</translation>
  </message>
  <message>
   <source>Compress and position</source>
   <translation>压迫并摆位</translation>
  </message>
  <message>
   <source>Craniocaudal: the shorter way to a lesion of the upper breast.</source>
   <translation>头尾位：到乳腺上部病灶的路径较短。</translation>
  </message>
  <message>
   <source>Fill in what the referral suggests: approach, shifts, usual compression.</source>
   <translation>填入申请单所建议的：进针方向、移位、常规压迫厚度。</translation>
  </message>
  <message>
   <source>From above: the shorter way into the upper breast.</source>
   <translation>自上方：到乳腺上部的路径较短。</translation>
  </message>
  <message>
   <source>From below: the shorter way into the lower breast.</source>
   <translation>自下方：到乳腺下部的路径较短。</translation>
  </message>
  <message>
   <source>How far the breast is moved to the left in the image, to bring x to 0.</source>
   <translation>乳腺在图像中向左移动多少，使 x 归 0。</translation>
  </message>
  <message>
   <source>How far the breast is pulled back from the support. 0 is the chest wall at the edge: nothing lies nearer to the wall than the field reaches.</source>
   <translation>乳腺从支撑台向外拉出多少。0 表示胸壁位于边缘：没有比照射野更靠近胸壁的部分。</translation>
  </message>
  <message>
   <source>Lay the breast on a second open paddle: it stands farther from the detector, and tissue bulges into the opening, so that the needle has more room behind it.</source>
   <translation>把乳腺放在第二块开窗压迫板上：它离探测器更远，组织向窗口内膨出，针后方就有更多余地。</translation>
  </message>
  <message>
   <source>Second paddle</source>
   <translation>第二压迫板</translation>
  </message>
  <message>
   <source>Shift x</source>
   <translation>移位 x</translation>
  </message>
  <message>
   <source>Shift y</source>
   <translation>移位 y</translation>
  </message>
  <message>
   <source>Thickness</source>
   <translation>厚度</translation>
  </message>
  <message>
   <source>To what thickness the breast is compressed. Thinner: less dose, sharper images, but less room for the stroke of the needle.</source>
   <translation>乳腺被压迫到多厚。越薄：剂量越小、图像越清晰，但针的行程空间也越小。</translation>
  </message>
  <message>
   <source>What the diagnostic work-up reported: rounded, as reports are.</source>
   <translation>诊断检查所报告的内容：如同报告一样，数字是取整的。</translation>
  </message>
  <message>
   <source>from above</source>
   <translation>自上方</translation>
  </message>
  <message>
   <source>from below</source>
   <translation>自下方</translation>
  </message>
  <message>
   <source>{field}: not below 0. The chest wall ends at the support's edge.</source>
   <translation>{field}：不能小于 0。胸壁止于支撑台的边缘。</translation>
  </message>
  <message>
   <source>{field}: this breast can be held at {low:.1f} to {high:.1f} mm.</source>
   <translation>{field}：这个乳腺可压迫到 {low:.1f} 至 {high:.1f} mm。</translation>
  </message>
  <message>
   <source>{field}: type a number from {low:g} to {high:g}.</source>
   <translation>{field}：请输入 {low:g} 到 {high:g} 之间的数。</translation>
  </message>
  <message>
   <source>{field}: {reason}</source>
   <translation>{field}：{reason}</translation>
  </message>
 </context>
 <context>
  <name>PractisePage</name>
  <message>
   <source>Cancel</source>
   <translation>取消</translation>
  </message>
  <message>
   <source>Do it again (Ctrl+Y)</source>
   <translation>再做一次 (Ctrl+Y)</translation>
  </message>
  <message>
   <source>Progress</source>
   <translation>进度</translation>
  </message>
  <message>
   <source>Redo</source>
   <translation>重做</translation>
  </message>
  <message>
   <source>Stop this; nothing of it will have happened</source>
   <translation>停止；就像什么都没有发生</translation>
  </message>
  <message>
   <source>Take the last step back (Ctrl+Z)</source>
   <translation>撤回上一步 (Ctrl+Z)</translation>
  </message>
  <message>
   <source>Undo</source>
   <translation>撤销</translation>
  </message>
  <message>
   <source>Working</source>
   <translation>正在处理</translation>
  </message>
  <message>
   <source>{step}  (Enter)</source>
   <translation>{step}  (Enter)</translation>
  </message>
  <message>
   <source>{what}, about {n} s left</source>
   <translation>{what}，大约还需 {n} 秒</translation>
  </message>
 </context>
 <context>
  <name>PrefireControls</name>
  <message>
   <source> mm</source>
   <translation> mm</translation>
  </message>
  <message>
   <source>Advance until the point lies one throw short of the target. If the echo of the needle is lost, move or turn the probe, not the needle.</source>
   <translation>进针，直到针尖距靶点还差一个射程。如果看不到针的回声，请移动或转动探头，不要移动针。</translation>
  </message>
  <message>
   <source>Another pair</source>
   <translation>再拍一对</translation>
  </message>
  <message>
   <source>As told: aperture {off} mm along and {beside:.1f} mm beside the target.</source>
   <translation>按指令：旋切窗沿针轴距靶点 {off} mm，旁开 {beside:.1f} mm。</translation>
  </message>
  <message>
   <source>By hand</source>
   <translation>手动</translation>
  </message>
  <message>
   <source>By hand as far as this: stroke margin {mm} mm.</source>
   <translation>手动推进到此：行程余量 {mm} mm。</translation>
  </message>
  <message>
   <source>Expose the pre-fire pair</source>
   <translation>曝光击发前像对</translation>
  </message>
  <message>
   <source>Expose the pre-fire pair again; it adds its dose.</source>
   <translation>重新曝光击发前像对；剂量会相应增加。</translation>
  </message>
  <message>
   <source>How far the needle is pushed by hand instead of fired. Stop short of the whole throw where the stroke margin forbids it; the tissue is carried along more.</source>
   <translation>不击发而用手把针推进多远。行程余量不允许时，不要推满整个行程；组织会被带动得更多。</translation>
  </message>
  <message>
   <source>No pre-fire pair yet: nobody has seen whether the needle lines up.</source>
   <translation>尚无击发前像对：还没有人看过针是否对准。</translation>
  </message>
  <message>
   <source>On the pre-fire pair the tip must point at the target in both views. If it points past it in one, withdraw and mark again.</source>
   <translation>在击发前像对上，针尖在两个视图中都必须指向靶点。如果在其中一个视图中指偏，请退针并重新标记。</translation>
  </message>
  <message>
   <source>Pull the needle out without firing: to mark again or take another one.</source>
   <translation>不击发，将针拔出：以便重新标记或换针。</translation>
  </message>
  <message>
   <source>Pull the needle out, to scan, mark or plan anew.</source>
   <translation>将针拔出，重新扫查、标记或设计路径。</translation>
  </message>
  <message>
   <source>Push by hand</source>
   <translation>手动推进</translation>
  </message>
  <message>
   <source>Steer by the echo of the needle</source>
   <translation>依据针的回声操控</translation>
  </message>
  <message>
   <source>The needle is in and aims at the target. Firing drives it {throw:g} mm on, until the target lies beside the middle of the aperture.</source>
   <translation>针已进入并瞄准靶点。击发使针前冲 {throw:g} mm，直到靶点位于旋切窗中部旁。</translation>
  </message>
  <message>
   <source>Withdraw</source>
   <translation>拔针</translation>
  </message>
 </context>
 <context>
  <name>Presets</name>
  <message>
   <source>Bright specks</source>
   <translation>亮点</translation>
  </message>
  <message>
   <source>Calcifications</source>
   <translation>钙化</translation>
  </message>
  <message>
   <source>Contrast</source>
   <translation>对比度</translation>
  </message>
  <message>
   <source>Dark masses</source>
   <translation>暗区肿块</translation>
  </message>
  <message>
   <source>Dense gland</source>
   <translation>致密腺体</translation>
  </message>
  <message>
   <source>Fat</source>
   <translation>脂肪</translation>
  </message>
  <message>
   <source>Full range</source>
   <translation>全范围</translation>
  </message>
  <message>
   <source>Gland</source>
   <translation>腺体</translation>
  </message>
  <message>
   <source>Soft</source>
   <translation>柔和</translation>
  </message>
 </context>
 <context>
  <name>Probe</name>
  <message>
   <source>Probe: on the nipple, {plane}</source>
   <translation>探头：在乳头上，{plane}</translation>
  </message>
  <message>
   <source>Probe: {clock}, {far:.0f} mm from the nipple, {plane}</source>
   <translation>探头：{clock}，距乳头 {far:.0f} mm，{plane}</translation>
  </message>
  <message>
   <source>longitudinal</source>
   <translation>纵切</translation>
  </message>
  <message>
   <source>oblique</source>
   <translation>斜切</translation>
  </message>
  <message>
   <source>transverse</source>
   <translation>横切</translation>
  </message>
 </context>
 <context>
  <name>Progress</name>
  <message>
   <source>going back to where you were</source>
   <translation>正在回到上次离开的地方</translation>
  </message>
  <message>
   <source>loading the simulator</source>
   <translation>正在载入模拟器</translation>
  </message>
  <message>
   <source>making the patient</source>
   <translation>正在生成患者</translation>
  </message>
 </context>
 <context>
  <name>Readout</name>
  <message>
   <source>Along the chest wall, from the middle of the window.</source>
   <translation>沿胸壁方向，自活检窗中心算起。</translation>
  </message>
  <message>
   <source>Between the skin and the open aperture, mm. It must be above 0.</source>
   <translation>皮肤与张开的旋切窗之间的距离，mm。必须大于 0。</translation>
  </message>
  <message>
   <source>Depth - half the aperture - skin: what is left between the skin and the open aperture, mm. It must be above 0.</source>
   <translation>深度 - 旋切窗的一半 - 皮肤：皮肤与张开的旋切窗之间所余的距离，mm。必须大于 0。</translation>
  </message>
  <message>
   <source>Depth of the aperture's middle along the needle, from the skin, mm.</source>
   <translation>旋切窗中点沿针距皮肤的深度，mm。</translation>
  </message>
  <message>
   <source>Depth of the marked place under the skin.</source>
   <translation>所标记位置在皮肤下的深度。</translation>
  </message>
  <message>
   <source>Depth of the target below the paddle, mm.</source>
   <translation>靶点在压迫板下的深度，mm。</translation>
  </message>
  <message>
   <source>Exposures {n}</source>
   <translation>曝光 {n}</translation>
  </message>
  <message>
   <source>From the chest-wall edge of the support to the nipple.</source>
   <translation>自支撑台的胸壁侧边缘指向乳头。</translation>
  </message>
  <message>
   <source>From the nipple to the patient's right.</source>
   <translation>自乳头指向患者右侧。</translation>
  </message>
  <message>
   <source>From the nipple toward the head.</source>
   <translation>自乳头指向头侧。</translation>
  </message>
  <message>
   <source>From the tip after firing to the chest wall, in depth. It must be above 0.</source>
   <translation>击发后针尖到胸壁的深度距离。必须大于 0。</translation>
  </message>
  <message>
   <source>Height above the support. Its standard deviation is three to four times that of x: the views are only 30 degrees apart.</source>
   <translation>支撑台以上的高度。其标准差是 x 的三到四倍：两个视图仅相差 30 度。</translation>
  </message>
  <message>
   <source>Height of the target above the support, mm.</source>
   <translation>靶点在支撑台以上的高度，mm。</translation>
  </message>
  <message>
   <source>Marks not set yet</source>
   <translation>标记尚未确认</translation>
  </message>
  <message>
   <source>Needle fired</source>
   <translation>针已击发</translation>
  </message>
  <message>
   <source>Needle in, not fired</source>
   <translation>针已进入，未击发</translation>
  </message>
  <message>
   <source>No target yet</source>
   <translation>尚无靶点</translation>
  </message>
  <message>
   <source>One speck has the same y in both views. A difference means two different specks, or a patient who moved.</source>
   <translation>同一个钙化点在两个视图中的 y 相同。不同则说明是两个不同的钙化点，或患者移动了。</translation>
  </message>
  <message>
   <source>Read-outs</source>
   <translation>读数</translation>
  </message>
  <message>
   <source>Target outside the breast</source>
   <translation>靶点在乳腺之外</translation>
  </message>
  <message>
   <source>Target set</source>
   <translation>靶点已设定</translation>
  </message>
  <message>
   <source>Thickness - (depth + half the aperture + dead tip): what is left behind the tip after firing, mm. It must be above 0.</source>
   <translation>厚度 - （深度 + 旋切窗的一半 + 针尖盲区）：击发后针尖后方所余的距离，mm。必须大于 0。</translation>
  </message>
  <message>
   <source>What the procedure has cost the patient so far. At most 11 exposures and about 17 minutes are usual for a stereotactic biopsy.</source>
   <translation>到目前为止患者为操作付出的代价。立体定向活检通常最多曝光 11 次，用时约 17 分钟。</translation>
  </message>
  <message>
   <source>Working out the marks</source>
   <translation>正在计算标记</translation>
  </message>
  <message>
   <source>above support</source>
   <translation>距支撑台</translation>
  </message>
  <message>
   <source>cores {n}</source>
   <translation>组织条 {n}</translation>
  </message>
  <message>
   <source>depth, mm</source>
   <translation>深度，mm</translation>
  </message>
  <message>
   <source>from the side</source>
   <translation>距侧面</translation>
  </message>
  <message>
   <source>passes {n}</source>
   <translation>进针 {n}</translation>
  </message>
  <message>
   <source>skin margin</source>
   <translation>皮肤余量</translation>
  </message>
  <message>
   <source>stroke margin</source>
   <translation>行程余量</translation>
  </message>
  <message>
   <source>under paddle</source>
   <translation>压迫板下</translation>
  </message>
  <message>
   <source>x, mm</source>
   <translation>x, mm</translation>
  </message>
  <message>
   <source>y mismatch</source>
   <translation>y 不一致</translation>
  </message>
  <message>
   <source>y, mm</source>
   <translation>y, mm</translation>
  </message>
  <message>
   <source>z, mm</source>
   <translation>z, mm</translation>
  </message>
  <message>
   <source>{dose:.1f} mGy</source>
   <translation>{dose:.1f} mGy</translation>
  </message>
  <message>
   <source>{minutes:.0f} min</source>
   <translation>{minutes:.0f} 分钟</translation>
  </message>
  <message>
   <source>{sign} {mm} mm</source>
   <translation>{sign} {mm} mm</translation>
  </message>
  <message>
   <source>{v:.1f} mm</source>
   <translation>{v:.1f} mm</translation>
  </message>
 </context>
 <context>
  <name>Referral</name>
  <message>
   <source>In the CC view: {aside}, {y:.0f} mm from the chest wall.</source>
   <translation>在 CC 位：{aside}，距胸壁 {y:.0f} mm。</translation>
  </message>
  <message>
   <source>Left breast</source>
   <translation>左侧乳腺</translation>
  </message>
  <message>
   <source>Right breast</source>
   <translation>右侧乳腺</translation>
  </message>
  <message>
   <source>amorphous</source>
   <translation>无定形</translation>
  </message>
  <message>
   <source>anterior third</source>
   <translation>前 1/3</translation>
  </message>
  <message>
   <source>coarse heterogeneous</source>
   <translation>粗糙不均质</translation>
  </message>
  <message>
   <source>diffuse</source>
   <translation>弥漫分布</translation>
  </message>
  <message>
   <source>fine linear branching</source>
   <translation>细线分支状</translation>
  </message>
  <message>
   <source>fine pleomorphic</source>
   <translation>细小多形性</translation>
  </message>
  <message>
   <source>grouped</source>
   <translation>簇状分布</translation>
  </message>
  <message>
   <source>linear</source>
   <translation>线样分布</translation>
  </message>
  <message>
   <source>middle third</source>
   <translation>中 1/3</translation>
  </message>
  <message>
   <source>on the nipple line</source>
   <translation>在乳头线上</translation>
  </message>
  <message>
   <source>posterior third</source>
   <translation>后 1/3</translation>
  </message>
  <message>
   <source>punctate</source>
   <translation>点状</translation>
  </message>
  <message>
   <source>regional</source>
   <translation>区域分布</translation>
  </message>
  <message>
   <source>segmental</source>
   <translation>段样分布</translation>
  </message>
  <message>
   <source>{mm:.0f} mm lateral</source>
   <translation>外侧 {mm:.0f} mm</translation>
  </message>
  <message>
   <source>{mm:.0f} mm medial</source>
   <translation>内侧 {mm:.0f} mm</translation>
  </message>
  <message>
   <source>{n} calcifications, {morphology}, {distribution}, over {extent:.0f} mm.</source>
   <translation>{n} 个钙化，{morphology}，{distribution}，范围 {extent:.0f} mm。</translation>
  </message>
  <message>
   <source>{side}, {clock} o'clock, retro-areolar, {third}.</source>
   <translation>{side}，{clock} 点，乳晕后，{third}。</translation>
  </message>
  <message>
   <source>{side}, {clock} o'clock, {distance:.0f} mm from the nipple, {third}.</source>
   <translation>{side}，{clock} 点，距乳头 {distance:.0f} mm，{third}。</translation>
  </message>
 </context>
 <context>
  <name>Refusal</name>
  <message>
   <source>Not possible: {why}.</source>
   <translation>无法执行：{why}。</translation>
  </message>
  <message>
   <source>a gun is not pushed home by hand</source>
   <translation>活检枪不能手动推进</translation>
  </message>
  <message>
   <source>a gun takes one core a pass</source>
   <translation>活检枪每次进针只取一条组织</translation>
  </message>
  <message>
   <source>anaesthetic has been given; a sweep would not show it</source>
   <translation>已注射局麻药；扫查无法显示它</translation>
  </message>
  <message>
   <source>anaesthetic has been given; the breast stays where it is</source>
   <translation>已注射局麻药；乳腺保持原位</translation>
  </message>
  <message>
   <source>choose a device first</source>
   <translation>请先选择器械</translation>
  </message>
  <message>
   <source>fire the needle first</source>
   <translation>请先击发</translation>
  </message>
  <message>
   <source>hours lie above 0 and up to 12</source>
   <translation>钟点须大于 0 且不超过 12</translation>
  </message>
  <message>
   <source>insert the needle first</source>
   <translation>请先进针</translation>
  </message>
  <message>
   <source>mark a target and choose a device first</source>
   <translation>请先标记靶点并选择器械</translation>
  </message>
  <message>
   <source>mark a target first</source>
   <translation>请先标记靶点</translation>
  </message>
  <message>
   <source>mark the place to be biopsied first</source>
   <translation>请先标记要活检的部位</translation>
  </message>
  <message>
   <source>no clock hour given</source>
   <translation>未选择钟点</translation>
  </message>
  <message>
   <source>no core has been taken</source>
   <translation>尚未取得组织条</translation>
  </message>
  <message>
   <source>no needle is in</source>
   <translation>没有置入的针</translation>
  </message>
  <message>
   <source>position the breast first</source>
   <translation>请先摆位</translation>
  </message>
  <message>
   <source>scan or look first</source>
   <translation>请先扫查</translation>
  </message>
  <message>
   <source>the chest wall ends at the support's edge</source>
   <translation>胸壁只能到托台边缘</translation>
  </message>
  <message>
   <source>the hub has reached the skin; a longer needle is needed</source>
   <translation>针座已抵皮肤；需要更长的针</translation>
  </message>
  <message>
   <source>the needle has been fired</source>
   <translation>针已击发</translation>
  </message>
  <message>
   <source>the needle has been in; it is given before that</source>
   <translation>已进过针；局麻药须在进针前给</translation>
  </message>
  <message>
   <source>the needle has been in; its track would be in the image</source>
   <translation>已经进过针；针道会出现在图像中</translation>
  </message>
  <message>
   <source>the needle has been in; the breast stays where it is</source>
   <translation>已经进过针；乳房须保持原位</translation>
  </message>
  <message>
   <source>the needle is in; withdraw it first</source>
   <translation>针已置入；请先退针</translation>
  </message>
  <message>
   <source>the point would come out of the skin; withdraw the needle</source>
   <translation>针尖会退出皮肤；请退针</translation>
  </message>
  <message>
   <source>the procedure has ended</source>
   <translation>操作已结束</translation>
  </message>
  <message>
   <source>withdraw the needle first</source>
   <translation>请先退针</translation>
  </message>
 </context>
 <context>
  <name>Safety</name>
  <message>
   <source>A longer needle, or from the other side.</source>
   <translation>换更长的针，或从另一侧进针。</translation>
  </message>
  <message>
   <source>From the paddle, or less compression.</source>
   <translation>自压迫板方向进针，或减轻压迫。</translation>
  </message>
  <message>
   <source>Lateral arm, or another guidance.</source>
   <translation>侧臂，或其他引导方式。</translation>
  </message>
  <message>
   <source>Mark the same speck in both views.</source>
   <translation>请在两个视图中标记同一个钙化点。</translation>
  </message>
  <message>
   <source>Petite aperture, less depth, second paddle, lateral arm, or by hand.</source>
   <translation>短窗、瞄浅一些、第二压迫板、侧臂，或手动推进。</translation>
  </message>
  <message>
   <source>Petite aperture, or aim deeper.</source>
   <translation>用短窗，或瞄准更深处。</translation>
  </message>
  <message>
   <source>Reposition the breast.</source>
   <translation>请重新摆位。</translation>
  </message>
  <message>
   <source>Shaft {mm:.1f} mm too near to paddle, support or chest wall.</source>
   <translation>针杆离压迫板、支撑台或胸壁太近，差 {mm:.1f} mm。</translation>
  </message>
  <message>
   <source>Skin margin {mm:.1f} mm: aperture in the skin.</source>
   <translation>皮肤余量 {mm:.1f} mm：旋切窗在皮肤内。</translation>
  </message>
  <message>
   <source>Stroke margin {mm:.1f} mm: not above the limit of {limit:.1f} mm.</source>
   <translation>行程余量 {mm:.1f} mm：未超过限度 {limit:.1f} mm。</translation>
  </message>
  <message>
   <source>Stroke margin {mm:.1f} mm: tip out at the back.</source>
   <translation>行程余量 {mm:.1f} mm：针尖会从后方穿出。</translation>
  </message>
  <message>
   <source>The breast is {mm:.1f} mm thick: below {limit:.0f} mm.</source>
   <translation>乳腺厚 {mm:.1f} mm：低于 {limit:.0f} mm。</translation>
  </message>
  <message>
   <source>The needle is too short by {mm:.1f} mm.</source>
   <translation>针短了 {mm:.1f} mm。</translation>
  </message>
  <message>
   <source>The needle would meet the paddle: {mm:.1f} mm outside the window.</source>
   <translation>针会碰到压迫板：在窗外 {mm:.1f} mm。</translation>
  </message>
  <message>
   <source>The target lies outside the breast.</source>
   <translation>靶点在乳腺之外。</translation>
  </message>
 </context>
 <context>
  <name>SampleControls</name>
  <message>
   <source> mm</source>
   <translation> mm</translation>
  </message>
  <message>
   <source>A gun takes one core a pass. Withdraw it, and aim a few mm beside for the next.</source>
   <translation>活检枪每次进针取一条。请拔出，下一次瞄准旁边几毫米处。</translation>
  </message>
  <message>
   <source>All round ({n})</source>
   <translation>环绕一周（{n}）</translation>
  </message>
  <message>
   <source>Clear</source>
   <translation>清除</translation>
  </message>
  <message>
   <source>Draw one core at each hour that is planned</source>
   <translation>在计划的每个钟点各取一条</translation>
  </message>
  <message>
   <source>Expose the post-fire pair</source>
   <translation>曝光击发后像对</translation>
  </message>
  <message>
   <source>Film the cores</source>
   <translation>拍摄组织条</translation>
  </message>
  <message>
   <source>Forward is toward the tip; below 0 is back toward the hub.</source>
   <translation>向前指朝向针尖；小于 0 为退向针座。</translation>
  </message>
  <message>
   <source>Half of the usual cores within two hours of that side: for a lesion beside.</source>
   <translation>在该侧两个钟点之内取常规条数的一半：用于病灶偏在一侧时。</translation>
  </message>
  <message>
   <source>Look at the post-fire pair before you take tissue.</source>
   <translation>取组织之前，请看击发后像对。</translation>
  </message>
  <message>
   <source>Move</source>
   <translation>移动</translation>
  </message>
  <message>
   <source>Move along the needle</source>
   <translation>沿针轴移动</translation>
  </message>
  <message>
   <source>No needle is in: insert one for another pass, or film the cores.</source>
   <translation>没有针在内：再次进针，或拍摄组织条。</translation>
  </message>
  <message>
   <source>Plan no hour (Del)</source>
   <translation>不计划任何钟点 (Del)</translation>
  </message>
  <message>
   <source>Plan the hours that face the lesion.</source>
   <translation>请计划朝向病灶的钟点。</translation>
  </message>
  <message>
   <source>Pull the needle out and mark again: mends an error in x or y. The marks stay.</source>
   <translation>拔针并重新标记：可纠正 x 或 y 的误差。标记仍保留。</translation>
  </message>
  <message>
   <source>Push the needle on, or pull it back, without firing: mends an error in z.</source>
   <translation>不击发，将针推进或退回：可纠正 z 的误差。</translation>
  </message>
  <message>
   <source>Radiograph the cores taken so far: it costs minutes, and the patient no dose</source>
   <translation>对到目前为止的组织条拍X线片：要花几分钟，但患者不受剂量</translation>
  </message>
  <message>
   <source>Seen from the hub, looking toward the tip. 12 o'clock is the skin.</source>
   <translation>从针座向针尖看。12 点为皮肤侧。</translation>
  </message>
  <message>
   <source>Seen from the hub. 12 o'clock: {up}. 3 o'clock: {side}.</source>
   <translation>自针座方向看。12 点：{up}。3 点：{side}。</translation>
  </message>
  <message>
   <source>Take {n} cores</source>
   <translation>取 {n} 条</translation>
  </message>
  <message>
   <source>The clock hour in which the lesion lies from the needle.</source>
   <translation>从针看，病灶所在的钟点。</translation>
  </message>
  <message>
   <source>The usual number of cores, evenly round the clock: for a centred lesion.</source>
   <translation>常规条数，均匀环绕一周：用于病灶居中时。</translation>
  </message>
  <message>
   <source>Toward</source>
   <translation>朝向</translation>
  </message>
  <message>
   <source>Toward, o'clock</source>
   <translation>朝向（钟点）</translation>
  </message>
  <message>
   <source>Withdraw for another pass</source>
   <translation>拔针，准备再次进针</translation>
  </message>
  <message>
   <source>Withdraw, retarget</source>
   <translation>拔针，重新定靶</translation>
  </message>
  <message>
   <source>chest wall</source>
   <translation>胸壁</translation>
  </message>
  <message>
   <source>nipple</source>
   <translation>乳头</translation>
  </message>
  <message>
   <source>paddle</source>
   <translation>压迫板</translation>
  </message>
  <message>
   <source>patient's left</source>
   <translation>患者左侧</translation>
  </message>
  <message>
   <source>patient's right</source>
   <translation>患者右侧</translation>
  </message>
  <message>
   <source>skin</source>
   <translation>皮肤</translation>
  </message>
  <message>
   <source>support</source>
   <translation>支撑台</translation>
  </message>
 </context>
 <context>
  <name>Score</name>
  <message>
   <source>As a rate that is {low:.0f} to {high:.0f} % (95 % interval).</source>
   <translation>换算为比率：{low:.0f} 至 {high:.0f} %（95 % 置信区间）。</translation>
  </message>
  <message>
   <source>Error along x</source>
   <translation>沿 x 的误差</translation>
  </message>
  <message>
   <source>Error along y</source>
   <translation>沿 y 的误差</translation>
  </message>
  <message>
   <source>Error along z</source>
   <translation>沿 z 的误差</translation>
  </message>
  <message>
   <source>Exposures</source>
   <translation>曝光</translation>
  </message>
  <message>
   <source>Figure</source>
   <translation>指标</translation>
  </message>
  <message>
   <source>First cases: {k} of {n}.</source>
   <translation>最初的病例：{n} 例中 {k} 例。</translation>
  </message>
  <message>
   <source>Later cases: {k} of {n}.</source>
   <translation>后来的病例：{n} 例中 {k} 例。</translation>
  </message>
  <message>
   <source>Mean glandular dose</source>
   <translation>平均腺体剂量</translation>
  </message>
  <message>
   <source>Met?</source>
   <translation>达到？</translation>
  </message>
  <message>
   <source>No attempts of yours are kept yet.</source>
   <translation>还没有保存您的练习。</translation>
  </message>
  <message>
   <source>Published</source>
   <translation>已发表</translation>
  </message>
  <message>
   <source>Retrieved, all your attempts</source>
   <translation>取到钙化，您的全部练习</translation>
  </message>
  <message>
   <source>Source</source>
   <translation>来源</translation>
  </message>
  <message>
   <source>Specks removed: all</source>
   <translation>取出的钙化点：全部</translation>
  </message>
  <message>
   <source>Specks removed: enough</source>
   <translation>取出的钙化点：足够</translation>
  </message>
  <message>
   <source>Stroke margin when fired</source>
   <translation>击发时的行程余量</translation>
  </message>
  <message>
   <source>Success, first cases</source>
   <translation>成功率，最初的病例</translation>
  </message>
  <message>
   <source>Success, later cases</source>
   <translation>成功率，后来的病例</translation>
  </message>
  <message>
   <source>Time</source>
   <translation>用时</translation>
  </message>
  <message>
   <source>Your attempts so far: {n}, successful: {k}.</source>
   <translation>您到目前为止的练习：{n} 次，成功：{k} 次。</translation>
  </message>
  <message>
   <source>Yours</source>
   <translation>您</translation>
  </message>
  <message>
   <source>above {value}</source>
   <translation>大于 {value}</translation>
  </message>
  <message>
   <source>at least {value}</source>
   <translation>至少 {value}</translation>
  </message>
  <message>
   <source>at most {value}</source>
   <translation>最多 {value}</translation>
  </message>
  <message>
   <source>{low} to {high}</source>
   <translation>{low} 至 {high}</translation>
  </message>
  <message>
   <source>{source}</source>
   <translation>{source}</translation>
  </message>
  <message>
   <source>{source} (assumed)</source>
   <translation>{source}（假定）</translation>
  </message>
  <message>
   <source>{source} (common knowledge)</source>
   <translation>{source}（常识）</translation>
  </message>
  <message>
   <source>{source} (derived)</source>
   <translation>{source}（推导）</translation>
  </message>
  <message>
   <source>{value:.0f}</source>
   <translation>{value:.0f}</translation>
  </message>
  <message>
   <source>{value:.0f} %</source>
   <translation>{value:.0f} %</translation>
  </message>
  <message>
   <source>{value:.0f} mg</source>
   <translation>{value:.0f} mg</translation>
  </message>
  <message>
   <source>{value:.1f}</source>
   <translation>{value:.1f}</translation>
  </message>
  <message>
   <source>{value:.1f} mGy</source>
   <translation>{value:.1f} mGy</translation>
  </message>
  <message>
   <source>{value:.1f} min</source>
   <translation>{value:.1f} 分钟</translation>
  </message>
  <message>
   <source>{value:.1f} mm</source>
   <translation>{value:.1f} mm</translation>
  </message>
  <message>
   <source>– too few cases</source>
   <translation>– 病例太少</translation>
  </message>
  <message>
   <source>✓ yes</source>
   <translation>✓ 是</translation>
  </message>
  <message>
   <source>✗ no</source>
   <translation>✗ 否</translation>
  </message>
 </context>
 <context>
  <name>ScoutControls</name>
  <message>
   <source>Expose the scout</source>
   <translation>曝光定位像</translation>
  </message>
  <message>
   <source>Expose the stereo pair</source>
   <translation>曝光立体像对</translation>
  </message>
  <message>
   <source>The scout is the straight view through the paddle. It shows whether the lesion lies in the window, not how deep it lies.</source>
   <translation>定位像是垂直穿过压迫板的投照。它显示病灶是否在活检窗内，但不显示深度。</translation>
  </message>
 </context>
 <context>
  <name>SearchControls</name>
  <message>
   <source>Frame {n}</source>
   <translation>第 {n} 帧</translation>
  </message>
  <message>
   <source>Frames kept</source>
   <translation>已保留的帧</translation>
  </message>
  <message>
   <source>Frozen. Keep the frame if it shows the finding, or go on (Space).</source>
   <translation>已冻结。若显示了病灶，请保留此帧；或继续（空格）。</translation>
  </message>
  <message>
   <source>Kept. Mark the target in it, or go on scanning (Space).</source>
   <translation>已保留。请在其中标记靶点，或继续扫查（空格）。</translation>
  </message>
  <message>
   <source>Look for the finding</source>
   <translation>寻找病灶</translation>
  </message>
  <message>
   <source>Mark the target</source>
   <translation>标记靶点</translation>
  </message>
  <message>
   <source>Scan slowly round the place of the report, in two directions. Calcifications are bright points, easier to see in a dark mass or duct.</source>
   <translation>围绕报告所述位置，从两个方向缓慢扫查。钙化为亮点，在暗的肿块或导管中更容易看到。</translation>
  </message>
  <message>
   <source>{frame}: show it again, frozen</source>
   <translation>{frame}：再次显示（冻结）</translation>
  </message>
 </context>
 <context>
  <name>Session</name>
  <message>
   <source>Your settings cannot be read, and the usual ones are used: {why}</source>
   <translation>无法读取您的设置，将使用默认设置：{why}</translation>
  </message>
  <message>
   <source>Your settings cannot be saved: {why}</source>
   <translation>无法保存您的设置：{why}</translation>
  </message>
 </context>
 <context>
  <name>SettingsDialog</name>
  <message>
   <source>&amp;Language</source>
   <translation>语言(&amp;L)</translation>
  </message>
  <message>
   <source>&amp;Size of texts</source>
   <translation>文字大小(&amp;S)</translation>
  </message>
  <message>
   <source>As the system</source>
   <translation>跟随系统</translation>
  </message>
  <message>
   <source>Below the images, say what a teacher beside you would say at this step</source>
   <translation>在图像下方给出提示，就像老师站在您身边一样</translation>
  </message>
  <message>
   <source>Data folder</source>
   <translation>数据文件夹</translation>
  </message>
  <message>
   <source>Hints that teach (never in an exam)</source>
   <translation>教学提示（考核时从不显示）</translation>
  </message>
  <message>
   <source>Language</source>
   <translation>语言</translation>
  </message>
  <message>
   <source>Nothing of it leaves this computer</source>
   <translation>其中的内容不会离开这台电脑</translation>
  </message>
  <message>
   <source>Open the data folder</source>
   <translation>打开数据文件夹</translation>
  </message>
  <message>
   <source>Settings</source>
   <translation>设置</translation>
  </message>
  <message>
   <source>Show</source>
   <translation>打开</translation>
  </message>
  <message>
   <source>Size of all texts, from 100 to 200 per cent</source>
   <translation>所有文字的大小，100 % 到 200 %</translation>
  </message>
  <message>
   <source>Size of texts</source>
   <translation>文字大小</translation>
  </message>
  <message>
   <source>The window is made anew in that language; nothing is lost</source>
   <translation>窗口将以该语言重新生成；不会丢失任何内容</translation>
  </message>
  <message>
   <source>Your attempts, settings and the log are kept in</source>
   <translation>您的练习、设置和日志保存在</translation>
  </message>
 </context>
 <context>
  <name>Shelf</name>
  <message>
   <source>Saving has stopped: {why}. You can go on; what you do from here will not be kept.</source>
   <translation>保存已停止：{why}。您可以继续；但此后的操作不会被保存。</translation>
  </message>
  <message>
   <source>The file of your attempts is damaged. It is kept as {kept}, and a new one has been begun.</source>
   <translation>保存练习的文件已损坏。它被保留为 {kept}，并已新建一个文件。</translation>
  </message>
  <message>
   <source>Your attempts cannot be saved: {why}. You can go on; this session will not be kept.</source>
   <translation>无法保存您的练习：{why}。您可以继续；但本次不会被保存。</translation>
  </message>
 </context>
 <context>
  <name>Sketch</name>
  <message>
   <source>Drag or use the arrow keys to turn it, + and - to zoom (or the wheel, once it has been clicked), Home to go back. An error along the needle shows only from the side.</source>
   <translation>拖动或用方向键转动，+ 和 - 缩放（点击后也可用滚轮），Home 复原。沿针方向的误差只有从侧面才看得到。</translation>
  </message>
  <message>
   <source>Sketch in three dimensions</source>
   <translation>三维示意图</translation>
  </message>
  <message>
   <source>{n} mm</source>
   <translation>{n} mm</translation>
  </message>
 </context>
 <context>
  <name>SketchView</name>
  <message>
   <source>Along x: shows the errors in y and z</source>
   <translation>沿 x：显示 y 和 z 的误差</translation>
  </message>
  <message>
   <source>Along y: shows the errors in x and z</source>
   <translation>沿 y：显示 x 和 z 的误差</translation>
  </message>
  <message>
   <source>Along z: shows the errors in x and y</source>
   <translation>沿 z：显示 x 和 y 的误差</translation>
  </message>
  <message>
   <source>As at the start (Home)</source>
   <translation>回到初始视角 (Home)</translation>
  </message>
  <message>
   <source>Everything (Shift+T)</source>
   <translation>全部 (Shift+T)</translation>
  </message>
  <message>
   <source>From above</source>
   <translation>自上方</translation>
  </message>
  <message>
   <source>From the front</source>
   <translation>自正面</translation>
  </message>
  <message>
   <source>From the side</source>
   <translation>自侧面</translation>
  </message>
  <message>
   <source>Obliquely</source>
   <translation>斜向</translation>
  </message>
  <message>
   <source>Target</source>
   <translation>目标</translation>
  </message>
  <message>
   <source>The surroundings of the target (T)</source>
   <translation>目标周围 (T)</translation>
  </message>
  <message>
   <source>Whole breast</source>
   <translation>整个乳腺</translation>
  </message>
 </context>
 <context>
  <name>SonogramView</name>
  <message>
   <source>FROZEN</source>
   <translation>已冻结</translation>
  </message>
  <message>
   <source>FROZEN, kept</source>
   <translation>已冻结并保留</translation>
  </message>
  <message>
   <source>LIVE</source>
   <translation>实时</translation>
  </message>
  <message>
   <source>The image under the probe, skin on top. Arrows move the probe, Q and E turn it, U and J lean it, D and V press more and less. Space freezes. Right-drag: up and down gain, left and right dynamic range. Wheel: depth; with Ctrl: focus.</source>
   <translation>探头下的图像，皮肤在上。方向键移动探头，Q、E 转动，U、J 倾斜，D、V 加重或减轻按压。空格键冻结。右键拖动：上下调增益，左右调动态范围。滚轮：深度；按住 Ctrl：焦点。</translation>
  </message>
  <message>
   <source>Ultrasound image</source>
   <translation>超声图像</translation>
  </message>
  <message>
   <source>Waiting for the image</source>
   <translation>正在等待图像</translation>
  </message>
  <message>
   <source>aperture</source>
   <translation>旋切窗</translation>
  </message>
  <message>
   <source>aperture after firing</source>
   <translation>击发后的旋切窗</translation>
  </message>
  <message>
   <source>depth {z:.1f} mm</source>
   <translation>深度 {z:.1f} mm</translation>
  </message>
  <message>
   <source>mm</source>
   <translation>mm</translation>
  </message>
  <message>
   <source>point as told</source>
   <translation>按指令的针尖</translation>
  </message>
  <message>
   <source>target</source>
   <translation>靶点</translation>
  </message>
  <message>
   <source>target, {v:.0f} mm out of the plane</source>
   <translation>靶点，偏出平面 {v:.0f} mm</translation>
  </message>
  <message>
   <source>{d:.1f} mm</source>
   <translation>{d:.1f} mm</translation>
  </message>
 </context>
 <context>
  <name>Sonography</name>
  <message>
   <source>Request for biopsy</source>
   <translation>活检申请</translation>
  </message>
  <message>
   <source>What the mammogram showed. The breast lies differently now: expect the finding within a few centimetres of this place, not at it.</source>
   <translation>乳腺X线摄影所见。现在乳腺的位置不同：预计病灶在此处几厘米之内，而不是正好在此处。</translation>
  </message>
 </context>
 <context>
  <name>SpecimenControls</name>
  <message>
   <source>Calcification is in the cores. Place the clip while the needle is in, or take more cores if much of the lesion is left.</source>
   <translation>组织条中有钙化。趁针还在，请放置标记夹；若病灶残留较多，请再取组织条。</translation>
  </message>
  <message>
   <source>Cores with calcification</source>
   <translation>含钙化的组织条</translation>
  </message>
  <message>
   <source>Count the cores in which the film shows at least one speck. The debrief compares your reading with the truth.</source>
   <translation>数一数片上至少显示一个钙化点的组织条。复盘时会把您的判读与真实情况比较。</translation>
  </message>
  <message>
   <source>Film the cores</source>
   <translation>拍摄组织条</translation>
  </message>
  <message>
   <source>Go back to the needle and sample on: where the film shows too little.</source>
   <translation>回到穿刺针继续取样：用于片上显示太少时。</translation>
  </message>
  <message>
   <source>In how many cores does the film show calcification?</source>
   <translation>片上有多少条组织含钙化？</translation>
  </message>
  <message>
   <source>Magnify, and change the contrast, before you count.</source>
   <translation>计数之前，请放大并调整对比度。</translation>
  </message>
  <message>
   <source>More cores</source>
   <translation>再取组织条</translation>
  </message>
  <message>
   <source>No calcification was retrieved. Take more cores, or withdraw and aim again. A clip now would mark the wrong place.</source>
   <translation>没有取到钙化。请再取组织条，或拔针重新瞄准。此时放标记夹会标错地方。</translation>
  </message>
  <message>
   <source>Place the clip</source>
   <translation>放置标记夹</translation>
  </message>
  <message>
   <source>of {n} cores on the newest film</source>
   <translation>共 {n} 条（最新一张片）</translation>
  </message>
 </context>
 <context>
  <name>SpecimenView</name>
  <message>
   <source>Film {n}</source>
   <translation>片 {n}</translation>
  </message>
  <message>
   <source>Show this film: all the cores taken up to then</source>
   <translation>显示此片：到当时为止的所有组织条</translation>
  </message>
  <message>
   <source>The cores have not been filmed.</source>
   <translation>组织条尚未拍片。</translation>
  </message>
 </context>
 <context>
  <name>Stage</name>
  <message>
   <source>Clip</source>
   <translation>放夹</translation>
  </message>
  <message>
   <source>Debrief</source>
   <translation>复盘</translation>
  </message>
  <message>
   <source>Fire and sample</source>
   <translation>击发和取样</translation>
  </message>
  <message>
   <source>Needle</source>
   <translation>进针</translation>
  </message>
  <message>
   <source>Position</source>
   <translation>摆位</translation>
  </message>
  <message>
   <source>Pre-fire</source>
   <translation>击发前</translation>
  </message>
  <message>
   <source>Scan</source>
   <translation>扫查</translation>
  </message>
  <message>
   <source>Scout</source>
   <translation>定位像</translation>
  </message>
  <message>
   <source>Specimen</source>
   <translation>标本</translation>
  </message>
  <message>
   <source>Stereo pair</source>
   <translation>立体像对</translation>
  </message>
  <message>
   <source>Target</source>
   <translation>定靶</translation>
  </message>
 </context>
 <context>
  <name>Stepper</name>
  <message>
   <source>Not yet, or no longer, possible</source>
   <translation>还不能，或已不能</translation>
  </message>
  <message>
   <source>Stage {n}: {name}</source>
   <translation>阶段 {n}：{name}</translation>
  </message>
  <message>
   <source>Stages of the procedure</source>
   <translation>操作的各阶段</translation>
  </message>
  <message>
   <source>Turn to this page</source>
   <translation>转到此页</translation>
  </message>
  <message>
   <source>You are here</source>
   <translation>您在这里</translation>
  </message>
 </context>
 <context>
  <name>StereoImages</name>
  <message>
   <source>Magnifier</source>
   <translation>放大镜</translation>
  </message>
  <message>
   <source>Mark</source>
   <translation>标记</translation>
  </message>
  <message>
   <source>No image yet. Position the breast, then make a scout.</source>
   <translation>还没有图像。请先摆位，再拍定位像。</translation>
  </message>
  <message>
   <source>Show the detector's pixels at the cursor, or at the mark that is moved by keys, four times as large (Z)</source>
   <translation>把光标处（或用按键移动的标记处）的探测器像素放大四倍显示 (Z)</translation>
  </message>
  <message>
   <source>The breast is positioned. Make a scout to see where the target lies.</source>
   <translation>乳腺已摆位。请拍定位像，看靶点在哪里。</translation>
  </message>
  <message>
   <source>These two marks give no target:
are they the same point?</source>
   <translation>这两个标记算不出靶点：
它们是同一点吗？</translation>
  </message>
  <message>
   <source>While this is on, a click places the mark of that view and the arrows move it; otherwise the marks are locked (M)</source>
   <translation>打开时，点击即在该视图放置标记，方向键移动标记；否则标记被锁定 (M)</translation>
  </message>
  <message>
   <source>y mismatch {y:.1f} mm, over {limit:.1f} mm:
is it the same point?</source>
   <translation>y 不一致 {y:.1f} mm，超过 {limit:.1f} mm：
是同一点吗？</translation>
  </message>
 </context>
 <context>
  <name>StereoPane</name>
  <message>
   <source>mark at {place}</source>
   <translation>标记在 {place}</translation>
  </message>
  <message>
   <source>no mark</source>
   <translation>无标记</translation>
  </message>
 </context>
 <context>
  <name>Stop</name>
  <message>
   <source>Finished</source>
   <translation>已完成</translation>
  </message>
  <message>
   <source>Inaccessible to the needle</source>
   <translation>针无法到达</translation>
  </message>
  <message>
   <source>Not found on the images</source>
   <translation>图像上未找到</translation>
  </message>
  <message>
   <source>Not visible: refer</source>
   <translation>不可见：转诊</translation>
  </message>
 </context>
 <context>
  <name>StopButton</name>
  <message>
   <source>End it</source>
   <translation>结束</translation>
  </message>
  <message>
   <source>End the procedure now and go to the debrief. To stop and say why is right where nothing is found or the needle cannot reach it.</source>
   <translation>现在结束操作并进入复盘。找不到病灶或针够不到时，停下来并说明原因是正确的。</translation>
  </message>
  <message>
   <source>End the procedure, with a reason</source>
   <translation>结束操作，并说明原因</translation>
  </message>
  <message>
   <source>End the procedure?</source>
   <translation>结束操作？</translation>
  </message>
  <message>
   <source>End…</source>
   <translation>结束…</translation>
  </message>
  <message>
   <source>Go on</source>
   <translation>继续</translation>
  </message>
  <message>
   <source>Reason: {reason}. This cannot be undone. The debrief follows.</source>
   <translation>原因：{reason}。此操作不能撤销。随后进入复盘。</translation>
  </message>
 </context>
 <context>
  <name>TargetControls</name>
  <message>
   <source>Along x, in pixels of the detector.</source>
   <translation>沿 x，以探测器像素计。</translation>
  </message>
  <message>
   <source>Along y, in pixels: the same in both views.</source>
   <translation>沿 y，以像素计：两个视图中相同。</translation>
  </message>
  <message>
   <source>Arrows move the mark by 0.5 mm (Shift: more, Alt: less).</source>
   <translation>方向键每次移动标记 0.5 mm（Shift：更多，Alt：更少）。</translation>
  </message>
  <message>
   <source>Bright points in this place, with or without a mass round them.</source>
   <translation>此处有亮点，周围可有或没有肿块。</translation>
  </message>
  <message>
   <source>Bring the finding into the image and freeze it.</source>
   <translation>把病灶移入图像并冻结。</translation>
  </message>
  <message>
   <source>Calcifications seen</source>
   <translation>看到钙化</translation>
  </message>
  <message>
   <source>Clear marks</source>
   <translation>清除标记</translation>
  </message>
  <message>
   <source>Click on the middle of the finding in the image.</source>
   <translation>在图像中点击病灶的中心。</translation>
  </message>
  <message>
   <source>Depth: {a:.1f} mm under the paddle, {b:.1f} mm above the support.</source>
   <translation>深度：压迫板下 {a:.1f} mm，支撑台上 {b:.1f} mm。</translation>
  </message>
  <message>
   <source>Expose both views again: where the patient moved between them.</source>
   <translation>两个视图重新曝光：用于患者在两次曝光之间移动时。</translation>
  </message>
  <message>
   <source>Find the same speck in both views and mark it in each.</source>
   <translation>在两个视图中找到同一个钙化点，分别标记。</translation>
  </message>
  <message>
   <source>Keep the frame: it documents the target.</source>
   <translation>请保留此帧：它是靶点的记录。</translation>
  </message>
  <message>
   <source>Left</source>
   <translation>左</translation>
  </message>
  <message>
   <source>Mark (M)</source>
   <translation>标记 (M)</translation>
  </message>
  <message>
   <source>Mark the target</source>
   <translation>标记靶点</translation>
  </message>
  <message>
   <source>Mass or duct taken for it</source>
   <translation>视为对应的肿块或导管</translation>
  </message>
  <message>
   <source>No calcification is seen, but a mass or a duct where it should be. Only the specimen film will show whether it was the right one.</source>
   <translation>看不到钙化，但在应有的位置有肿块或导管。它是否正确，只有标本X线片能说明。</translation>
  </message>
  <message>
   <source>Nothing seen: place of the report</source>
   <translation>什么都没看到：按报告位置</translation>
  </message>
  <message>
   <source>On to the needle</source>
   <translation>去进针</translation>
  </message>
  <message>
   <source>On: a click in a view puts its mark, the arrows move it by a pixel (Shift 10, Alt 0.1). Off: the marks cannot be moved by accident.</source>
   <translation>打开：在视图中点击即放置标记，方向键移动一个像素（Shift 10，Alt 0.1）。关闭：标记不会被误移。</translation>
  </message>
  <message>
   <source>Retake the pair</source>
   <translation>重拍像对</translation>
  </message>
  <message>
   <source>Right</source>
   <translation>右</translation>
  </message>
  <message>
   <source>Say what you take it for.</source>
   <translation>请说明您认为它是什么。</translation>
  </message>
  <message>
   <source>Set target</source>
   <translation>设定靶点</translation>
  </message>
  <message>
   <source>Set the target here</source>
   <translation>在此设定靶点</translation>
  </message>
  <message>
   <source>Take both marks away (Undo brings them back)</source>
   <translation>取消两个标记（可用撤销恢复）</translation>
  </message>
  <message>
   <source>The band in the other view shows where the same speck can lie: at one y, its x given by the depth.</source>
   <translation>另一视图中的引导带显示同一个钙化点可能的位置：y 相同，x 随深度而定。</translation>
  </message>
  <message>
   <source>The needle goes where the report says. Breasts move by a centimetre and more between the mammogram and this table: expect to miss.</source>
   <translation>针到报告所说的位置。从乳腺X线摄影到这张检查床，乳腺会移动一厘米甚至更多：请做好打不中的准备。</translation>
  </message>
  <message>
   <source>column</source>
   <translation>列</translation>
  </message>
  <message>
   <source>row</source>
   <translation>行</translation>
  </message>
  <message>
   <source>{far:.0f} mm from the nipple, {z:.1f} mm deep</source>
   <translation>距乳头 {far:.0f} mm，深 {z:.1f} mm</translation>
  </message>
  <message>
   <source>{view} mark, {axis}</source>
   <translation>{view}标记，{axis}</translation>
  </message>
  <message>
   <source>{view}, {angle:+.0f}°</source>
   <translation>{view} {angle:+.0f}°</translation>
  </message>
 </context>
 <context>
  <name>Teaching</name>
  <message>
   <source>A careful mark is good to about one pixel, so one speck should give almost the same row in both views. {mismatch_mm:.1f} mm lies within the tolerance of {limit_mm:.1f} mm, because patients breathe and move. But a neighbouring speck of the same group can be as near. Compare shape and brightness of the two, with the magnifier.</source>
   <translation>仔细的标记可精确到约一个像素，所以同一个钙化点在两个视图中的行应几乎相同。{mismatch_mm:.1f} mm 在 {limit_mm:.1f} mm 的容差之内，因为患者会呼吸、会移动。但同簇中相邻的钙化点也可能这么近。请用放大镜比较两者的形状和亮度。</translation>
  </message>
  <message>
   <source>A needle that is off along x lies over the group in one of the views and hides it: that nothing is seen there is no sign of a good position. More than {limit_mm:.1f} mm beside the group the cores will miss it. Until you fire everything can be put right at no cost.</source>
   <translation>针若在 x 方向偏离，会在其中一个视图中压在钙化簇上并遮住它：看不到钙化并不说明位置良好。偏离超过 {limit_mm:.1f} mm，组织条就取不到它。击发之前，一切都可以毫无代价地纠正。</translation>
  </message>
  <message>
   <source>A sideways error looks the same in both views; an error of depth looks opposite in the two. So the pair tells, without any arithmetic, what kind of error it is. For a sideways error turn the aperture to that side, or target again.</source>
   <translation>侧方误差在两个视图中看起来相同；深度误差在两个视图中看起来相反。所以不用计算，像对就能说明误差的种类。对于侧方误差，把旋切窗转向那一侧，或重新定靶。</translation>
  </message>
  <message>
   <source>Advance the needle by {adjust:.1f} mm, no firing</source>
   <translation>不击发，将针推进 {adjust:.1f} mm</translation>
  </message>
  <message>
   <source>After firing, half the aperture and the dead tip lie deeper than the target. In a thin breast that can be more than what is left to the support. What helps: a short aperture, a second paddle or bolster to let the breast stand higher, less or reverse compression, the lateral arm, or to advance by hand instead of firing.</source>
   <translation>击发后，旋切窗的一半和针尖盲区位于比靶点更深处。在薄的乳腺中，这可能超过到支撑台所余的距离。可行的办法：短窗、用第二块压迫板或垫块让乳腺更高、减轻压迫或反向压迫、侧臂，或手动推进代替击发。</translation>
  </message>
  <message>
   <source>Aim {aim_deeper:.1f} mm deeper: the target stays in the aperture</source>
   <translation>瞄准深 {aim_deeper:.1f} mm：靶点仍在旋切窗内</translation>
  </message>
  <message>
   <source>Aim {aim_shallower:.1f} mm higher: the target stays in the aperture</source>
   <translation>瞄准高 {aim_shallower:.1f} mm：靶点仍在旋切窗内</translation>
  </message>
  <message>
   <source>All specks differ in row between the two views by about {group_y_mm:.1f} mm: she moved between the exposures.</source>
   <translation>两个视图之间，所有钙化点的行都相差约 {group_y_mm:.1f} mm：患者在两次曝光之间移动了。</translation>
  </message>
  <message>
   <source>An error along y is seen directly, in either view, as a distance between rows. 12 o'clock faces the nipple, 6 o'clock the chest wall.</source>
   <translation>沿 y 的误差在任一视图中都能直接看到，就是行与行之间的距离。12 点朝向乳头，6 点朝向胸壁。</translation>
  </message>
  <message>
   <source>Before firing the point must lie one throw short of its place behind the group. In both views the line of the needle should run to the middle of the group; a needle from the paddle as far to one side in the left view as to the other in the right.</source>
   <translation>击发前，针尖应在钙化簇后方其最终位置之前一个行程处。在两个视图中，针的延长线都应通向钙化簇中央；自压迫板方向进的针，在左视图中偏向一侧多少，在右视图中就偏向另一侧多少。</translation>
  </message>
  <message>
   <source>Behind the gland lie muscle, rib and pleura. Keep the needle as flat as you can, parallel to the chest wall, so that the throw leads along it and not into it. A short aperture, or opening the needle by hand without firing, needs less room.</source>
   <translation>腺体后方是肌肉、肋骨和胸膜。针要尽可能放平，与胸壁平行，使射程沿着胸壁而不是刺入胸壁。短窗，或不击发而手动打开针槽，所需空间更小。</translation>
  </message>
  <message>
   <source>Both views must show the group. Where one does not, it lies outside the field, is hidden, or she moved. Match the pattern of the group, not single specks.</source>
   <translation>两个视图都必须显示钙化簇。若其中一个看不到，它就在照射野之外、被遮挡，或患者移动了。请匹配整簇的图形，而不是单个钙化点。</translation>
  </message>
  <message>
   <source>Come flatter, at {flatter:.0f}° to the skin</source>
   <translation>放平进针，与皮肤成 {flatter:.0f}°</translation>
  </message>
  <message>
   <source>Come from the other side, {other_approach}: position again</source>
   <translation>从另一侧进针（{other_approach}）：重新摆位</translation>
  </message>
  <message>
   <source>Come steeper, at {steeper:.0f}° to the skin</source>
   <translation>更陡进针，与皮肤成 {steeper:.0f}°</translation>
  </message>
  <message>
   <source>Compress less, to {less_compression:.0f} mm, and make scout and pair again</source>
   <translation>减轻压迫至 {less_compression:.0f} mm，并重拍定位像和像对</translation>
  </message>
  <message>
   <source>Cores reach a few millimetres from the axis; more than {limit_mm:.1f} mm beside it calls for a new insertion. More cores from a wrong place do not help. Along the needle a move without firing may be enough. Before you withdraw, mark on the newest pair: the tissue has moved since the first.</source>
   <translation>组织条能取到针轴周围几毫米；偏离超过 {limit_mm:.1f} mm 就需要重新进针。在错误的位置多取组织条没有用。沿针轴的误差，不击发而移动针可能就够了。拔针之前，请在最新的像对上标记：组织自第一次以来已经移动。</translation>
  </message>
  <message>
   <source>Cores without calcification do not say that the lesion is benign; they say that it was missed. Look at the pair after firing: where does the group lie from the aperture? Take more cores toward it, at other clock hours. If it lies out of reach, withdraw, target again on a new pair, and insert anew. A specimen film after each round answers the question in two minutes.</source>
   <translation>组织条中没有钙化，并不说明病灶是良性的；它说明没有取到病灶。请看击发后的像对：钙化簇在旋切窗的哪一侧？朝它所在的钟点再取组织条。若够不到，请拔针，在新的像对上重新定靶，再次进针。每一轮之后拍标本X线片，两分钟就能回答这个问题。</translation>
  </message>
  <message>
   <source>Draw the needle back by {adjust:.1f} mm</source>
   <translation>将针退回 {adjust:.1f} mm</translation>
  </message>
  <message>
   <source>Every exposure should answer a question. A correction that can be read off the pair you have needs no new one; a patient who moved does.</source>
   <translation>每次曝光都应回答一个问题。能从已有像对上读出的修正不需要再曝光；患者移动了则需要。</translation>
  </message>
  <message>
   <source>Fired here, the point would pass the limit before the chest wall by {margin_mm:.1f} mm.</source>
   <translation>若在此击发，针尖将越过胸壁前的限度 {margin_mm:.1f} mm。</translation>
  </message>
  <message>
   <source>From its planned place before firing the point is {dx_mm:.1f} mm {dx_way} and {dy_mm:.1f} mm {dy_way}. It will travel {throw_mm:.0f} mm on.</source>
   <translation>针尖偏离击发前的计划位置：{dx_way} {dx_mm:.1f} mm，{dy_way} {dy_mm:.1f} mm。它还将前进 {throw_mm:.0f} mm。</translation>
  </message>
  <message>
   <source>From the middle of the window the group lies {dx_mm:.0f} mm {dx_way} and {dy_mm:.0f} mm {dy_way}.</source>
   <translation>钙化簇距活检窗中心 {dx_way} {dx_mm:.0f} mm、{dy_way} {dy_mm:.0f} mm。</translation>
  </message>
  <message>
   <source>From the needle the group lies {lesion_dx_mm:.1f} mm {lesion_dx_way} and {lesion_dy_mm:.1f} mm {lesion_dy_way}: do not fire yet.</source>
   <translation>从针看，钙化簇 {lesion_dx_way} {lesion_dx_mm:.1f} mm、{lesion_dy_way} {lesion_dy_mm:.1f} mm：先不要击发。</translation>
  </message>
  <message>
   <source>Guide and paddle take up a part of the shaft. Come from the nearer side or take a longer needle.</source>
   <translation>针导向器和压迫板占去一段针杆。请从较近的一侧进针，或换更长的针。</translation>
  </message>
  <message>
   <source>If it stays empty, stop and say so in the report: the result does not stand for the calcifications; biopsy again or excise</source>
   <translation>若仍然取不到，请停止并在报告中说明：该结果不能代表这些钙化；应再次活检或手术切除</translation>
  </message>
  <message>
   <source>If one mark was on the right speck and the other on another one, the needle comes to lie on the line of sight of the right mark: it fits in that view only. The same happens if she moved between the two exposures of the target pair.</source>
   <translation>如果一个标记在正确的钙化点上，另一个在别的钙化点上，针就会停在正确标记的视线上：它只在那个视图中吻合。患者若在定靶像对的两次曝光之间移动，也会这样。</translation>
  </message>
  <message>
   <source>If only your marks differed, they would be two specks. Here the whole group does, so the breast moved. A movement along y shows as a mismatch of rows; one along x cannot be seen and makes z wrong. So the pair is not to be trusted.</source>
   <translation>如果只有您的标记不一致，那就是两个钙化点。这里整簇都不一致，所以是乳腺移动了。沿 y 的移动表现为行的不一致；沿 x 的移动看不出来，却会使 z 出错。所以这对图像不可信。</translation>
  </message>
  <message>
   <source>In both views the aperture covers the group. It lies all around the needle, so no clock hour is better than another.</source>
   <translation>两个视图中旋切窗都覆盖了钙化簇。它环绕在针的四周，所以哪个钟点都一样。</translation>
  </message>
  <message>
   <source>In both views the group lies off to the same side, {dx_way} (left view {left_mm:.1f}, right view {right_mm:.1f} mm): the needle is off along x.</source>
   <translation>两个视图中钙化簇都偏向同一侧，即 {dx_way}（左侧视图 {left_mm:.1f} mm，右侧视图 {right_mm:.1f} mm）：针在 x 方向偏离。</translation>
  </message>
  <message>
   <source>In both views the group lies {dy_mm:.1f} mm off the needle {dy_way}: an error along y.</source>
   <translation>两个视图中钙化簇都在针的 {dy_way} {dy_mm:.1f} mm：y 方向的误差。</translation>
  </message>
  <message>
   <source>In both views the specks moved alike: the patient moved, or the anaesthetic or the needle pushed the tissue along. What you marked is no longer there. A small movement can be met by sampling toward it; a large one needs a new target.</source>
   <translation>两个视图中钙化点的移动相同：是患者动了，或者局麻药或针把组织推走了。您标记的位置已不在那里。移动小时可朝它的方向取材；移动大时需要重新定靶。</translation>
  </message>
  <message>
   <source>In one view the needle is at the group, in the other it is not (left {left_mm:.1f}, right {right_mm:.1f} mm): look for a wrong pair of marks, or for movement.</source>
   <translation>一个视图中针在钙化簇处，另一个视图中不在（左 {left_mm:.1f} mm，右 {right_mm:.1f} mm）：请检查标记是否配错，或患者是否移动。</translation>
  </message>
  <message>
   <source>In the target pair the group lay {lateral_mm:.1f} mm from where the needle is sent ({dx_mm:.1f} mm {dx_way}, {dy_mm:.1f} mm {dy_way}); the needle hides it now. Do not fire.</source>
   <translation>在定靶像对上，钙化簇距针将到之处 {lateral_mm:.1f} mm（{dx_way} {dx_mm:.1f} mm，{dy_way} {dy_mm:.1f} mm）；现在它被针遮住。不要击发。</translation>
  </message>
  <message>
   <source>Left view {left_mm:.1f} mm {left_way}, right view {right_mm:.1f} mm {right_way}: opposite sides, so the error lies along the needle. The group is {dz_mm:.1f} mm {dz_way} the middle of the aperture.</source>
   <translation>左侧视图 {left_way} {left_mm:.1f} mm，右侧视图 {right_way} {right_mm:.1f} mm：方向相反，所以误差沿针轴方向。钙化簇在旋切窗中心的 {dz_way} {dz_mm:.1f} mm。</translation>
  </message>
  <message>
   <source>Look again with a narrow window and the magnifier, also outside the paddle's window. If it is not in the field, position again. If faint specks stay unseen, stop: to biopsy what is not seen helps nobody.</source>
   <translation>请用窄窗和放大镜再看一遍，压迫板窗口之外也要看。若不在照射野内，请重新摆位。若淡的钙化点仍看不到，请停止：活检看不到的东西对谁都没有帮助。</translation>
  </message>
  <message>
   <source>Make the pair again and mark it anew</source>
   <translation>重拍像对并重新标记</translation>
  </message>
  <message>
   <source>Mark the same speck in both views: its partner has its shape and its row</source>
   <translation>在两个视图中标记同一个钙化点：与它对应的点形状相同，行也相同</translation>
  </message>
  <message>
   <source>Metal hides what lies behind it, so a group that has disappeared need not be at the needle. Compare with the target pair: it shows where it lay from your mark. Cores reach a few millimetres from the axis; more than {limit_mm:.1f} mm calls for a new insertion, not for more cores.</source>
   <translation>金属会遮住其后方的东西，所以消失的钙化簇不一定就在针处。请与定靶像对比较：它显示钙化簇在您标记的哪一侧。组织条能取到针轴周围几毫米；超过 {limit_mm:.1f} mm 就需要重新进针，而不是多取组织条。</translation>
  </message>
  <message>
   <source>Metal hides what lies behind it. A group that is hidden in both views usually lies at the needle: sample all round. If you saw it beside the target before, look where it went.</source>
   <translation>金属会遮住其后方的东西。两个视图中都被遮住的钙化簇通常就在针处：请环绕一周取样。若您之前看到它在靶点旁，请查看它到哪里去了。</translation>
  </message>
  <message>
   <source>Needle or guide would be {margin_mm:.1f} mm too near to paddle, support or chest wall.</source>
   <translation>针或针导向器离压迫板、支撑台或胸壁太近，差 {margin_mm:.1f} mm。</translation>
  </message>
  <message>
   <source>No calcification in {of} cores: do not stop here. The calcifications are still in the breast.</source>
   <translation>{of} 条组织中没有钙化：不要就此停止。钙化仍在乳腺内。</translation>
  </message>
  <message>
   <source>No needle and no approach here can do it: refer for another guidance or for excision</source>
   <translation>这里没有哪种针、哪个进针方向可以做到：请转行其他引导方式或手术切除</translation>
  </message>
  <message>
   <source>No speck is seen near the needle after firing: it may lie behind it.</source>
   <translation>击发后针旁看不到钙化点：可能在针的后方。</translation>
  </message>
  <message>
   <source>No specks that belong together can be made out in the two views.</source>
   <translation>两个视图中辨认不出相互对应的钙化点。</translation>
  </message>
  <message>
   <source>Nothing in these images can be taken for the lesion. What is not seen should not be biopsied.</source>
   <translation>这些图像中没有可以当作病灶的东西。看不到的就不应活检。</translation>
  </message>
  <message>
   <source>Now the histology can stand for the calcifications. Mark the cores that hold them for the pathologist. Removing less than 40 % of the specks went with more upgrades at surgery (PMC4712894), so a few more cores toward what is left can be worth it. The clip marks the place if nothing is left to see.</source>
   <translation>现在组织学结果可以代表这些钙化。请为病理医生标明含钙化的组织条。取出的钙化点不足 40 % 时，手术后升级的更多（PMC4712894），所以朝残留处再取几条可能是值得的。若已看不到残留，标记夹可标明位置。</translation>
  </message>
  <message>
   <source>Of lesions that consist of calcifications only, ultrasound showed about one in four in a published series (Soo 2003). A needle put where the lesion ought to be, or into a mass that merely lies near, can miss, and its benign result then reassures wrongly. Calcifications that ultrasound does not show are biopsied under stereotactic guidance.</source>
   <translation>在一组已发表的病例中，仅由钙化构成的病灶约四分之一可在超声下看到（Soo 2003）。把针放在病灶应在的位置，或放进只是邻近的肿块，都可能打空，而其良性结果会让人错误地放心。超声看不到的钙化，应在立体定向引导下活检。</translation>
  </message>
  <message>
   <source>On the lateral arm the shaft lies level between paddle and support, and both are hard; its guide stands beside the breast, in front of the chest wall. The target needs half the shaft's thickness and the skin above and below it. Near the paddle, the support or the chest wall a needle from above is the way; or the breast is compressed less.</source>
   <translation>在侧臂上，针杆水平位于压迫板与支撑台之间，两者都是硬的；针导向器立在乳腺旁、胸壁之前。靶点的上方和下方都需要留出半个针杆的厚度和皮肤。靠近压迫板、支撑台或胸壁时，应自上方进针；也可以减轻压迫。</translation>
  </message>
  <message>
   <source>Position again on a second paddle: {second_paddle:.0f} mm more room behind the needle</source>
   <translation>用第二压迫板重新摆位：针后方多出 {second_paddle:.0f} mm 余地</translation>
  </message>
  <message>
   <source>Position again with a shift of x {shift_x_mm:.0f} mm, y {shift_y_mm:.0f} mm</source>
   <translation>重新摆位，移位 x {shift_x_mm:.0f} mm，y {shift_y_mm:.0f} mm</translation>
  </message>
  <message>
   <source>Push it by hand, {by_hand:.1f} mm and no more, instead of firing</source>
   <translation>不击发，改为手动推进 {by_hand:.1f} mm，不可再多</translation>
  </message>
  <message>
   <source>Refer for stereotactic biopsy: that is a right decision, not a failure</source>
   <translation>转行立体定向活检：这是正确的决定，不是失败</translation>
  </message>
  <message>
   <source>Sample all round the clock</source>
   <translation>环绕一周取样</translation>
  </message>
  <message>
   <source>Sample toward the group: {from_hour} to {to_hour} o'clock</source>
   <translation>朝钙化簇取样：{from_hour} 点至 {to_hour} 点</translation>
  </message>
  <message>
   <source>Sampling in a direction reaches a few millimetres from the needle's axis. What lies farther is missed, and the fired needle leaves a track and a haematoma that hides the specks. Until you fire everything can be put right at no cost.</source>
   <translation>定向取样能取到针轴周围几毫米。更远的取不到，而击发过的针会留下针道和血肿，遮住钙化点。击发之前，一切都可以毫无代价地纠正。</translation>
  </message>
  <message>
   <source>Seen from -15° and from +15°, what lies deeper or higher than the aperture is shifted to opposite sides. 1 mm apart in the two views stands for nearly 2 mm of depth. Advance or retract the needle; a wrong depth often comes from a wrong pair of marks.</source>
   <translation>从 -15° 和 +15° 看，比旋切窗更深或更高的东西会偏向相反的两侧。两个视图中相差 1 mm，代表近 2 mm 的深度。请推进或退回穿刺针；深度错误往往来自标记配错。</translation>
  </message>
  <message>
   <source>Since the target pair the group has moved {dx_mm:.1f} mm {dx_way} and {dy_mm:.1f} mm {dy_way}.</source>
   <translation>自定靶像对以来，钙化簇移动了：{dx_way} {dx_mm:.1f} mm，{dy_way} {dy_mm:.1f} mm。</translation>
  </message>
  <message>
   <source>Skin margin below zero: the aperture would open {margin_mm:.1f} mm into the skin.</source>
   <translation>皮肤余量小于零：旋切窗会有 {margin_mm:.1f} mm 在皮肤内张开。</translation>
  </message>
  <message>
   <source>Stroke margin = thickness - (depth of the target from the paddle + half the aperture + dead tip). It is what remains between the point after firing and the support. It must be above zero, on some tables above 4 mm.

To start farther back does not help: the stroke ends at the same place. What helps is a shorter aperture, to aim a little higher as long as the target stays in the aperture, to come from the other side, or a thicker breast (less compression, bolster, second paddle). On the lateral arm the throw runs along the breast; and a needle pushed by hand can stop where the margin is still positive.</source>
   <translation>行程余量 = 厚度 - （靶点距压迫板的深度 + 旋切窗的一半 + 针尖盲区）。它是击发后针尖与支撑台之间所余的距离。必须大于零，有些检查台要求大于 4 mm。

从更后面开始并无帮助：行程终点相同。有用的是：更短的旋切窗、在靶点仍在旋切窗内的前提下瞄高一些、从另一侧进针，或让乳腺更厚（减轻压迫、垫块、第二压迫板）。在侧臂上，行程沿着乳腺走；手动推进的针可以在余量仍为正时停下。</translation>
  </message>
  <message>
   <source>Stroke margin below zero ({margin_mm:.1f} mm too far): fired here, the point would come out at the back of the breast.</source>
   <translation>行程余量小于零（超出 {margin_mm:.1f} mm）：若在此击发，针尖会从乳腺后方穿出。</translation>
  </message>
  <message>
   <source>Take another needle: {other_device}</source>
   <translation>换一种针：{other_device}</translation>
  </message>
  <message>
   <source>Take more cores, at other clock hours</source>
   <translation>在其他钟点再取组织条</translation>
  </message>
  <message>
   <source>Take the blunt tip, which is shorter: {blunt}</source>
   <translation>用较短的钝头：{blunt}</translation>
  </message>
  <message>
   <source>Take the needle off the lateral arm and come from the paddle</source>
   <translation>把针从侧臂取下，改自压迫板方向进针</translation>
  </message>
  <message>
   <source>Take the short aperture: {petite}</source>
   <translation>用短窗：{petite}</translation>
  </message>
  <message>
   <source>Take {petite} and aim {aim_deeper:.1f} mm deeper: the target stays in the aperture</source>
   <translation>用 {petite} 并瞄准深 {aim_deeper:.1f} mm：靶点仍在旋切窗内</translation>
  </message>
  <message>
   <source>Take {petite} and aim {aim_shallower:.1f} mm higher: the target stays in the aperture</source>
   <translation>用 {petite} 并瞄准高 {aim_shallower:.1f} mm：靶点仍在旋切窗内</translation>
  </message>
  <message>
   <source>The breast is only {thickness_mm:.0f} mm thick: too thin for a needle from the paddle.</source>
   <translation>乳腺仅厚 {thickness_mm:.0f} mm：对于自压迫板方向进针来说太薄。</translation>
  </message>
  <message>
   <source>The breast is {thickness_mm:.0f} mm thick; below {limit_mm:.0f} mm room for the stroke is short. Look at the stroke margin of each needle.</source>
   <translation>乳腺厚 {thickness_mm:.0f} mm；低于 {limit_mm:.0f} mm 时行程空间不足。请看每种针的行程余量。</translation>
  </message>
  <message>
   <source>The film is empty again ({of} cores): more of the same will not help. See where the calcifications are now.</source>
   <translation>标本片上仍无钙化（{of} 条组织）：重复同样的操作没有用。请看钙化现在在哪里。</translation>
  </message>
  <message>
   <source>The group lies within {lateral_mm:.1f} mm of the needle's axis.</source>
   <translation>钙化簇在距针轴 {lateral_mm:.1f} mm 之内。</translation>
  </message>
  <message>
   <source>The group lies {lateral_mm:.1f} mm from the needle ({dx_mm:.1f} mm {dx_way}, {dy_mm:.1f} mm {dy_way}, {dz_mm:.1f} mm {dz_way}): too far from here.</source>
   <translation>钙化簇距针 {lateral_mm:.1f} mm（{dx_way} {dx_mm:.1f} mm，{dy_way} {dy_mm:.1f} mm，{dz_way} {dz_mm:.1f} mm）：从这里太远。</translation>
  </message>
  <message>
   <source>The group lies {lateral_mm:.1f} mm from the needle, at {hour} o'clock, and {dz_mm:.1f} mm {dz_way} the middle of the aperture.</source>
   <translation>钙化簇距针 {lateral_mm:.1f} mm，在 {hour} 点方向，位于旋切窗中心的 {dz_way} {dz_mm:.1f} mm。</translation>
  </message>
  <message>
   <source>The height follows from how far the speck moves along the row between the two views. A height below the support or above the paddle is impossible, so the two marks do not belong together, even where their rows agree. The end of the band marks the support and the paddle: the partner lies between them.</source>
   <translation>高度由钙化点在两个视图之间沿行移动多少得出。低于支撑台或高于压迫板的高度是不可能的，所以这两个标记不属于同一点，即使它们的行一致。引导带的两端代表支撑台和压迫板：对应点就在两者之间。</translation>
  </message>
  <message>
   <source>The needle hides the group. In the target pair it lay {lateral_mm:.1f} mm from here ({dx_mm:.1f} mm {dx_way}, {dy_mm:.1f} mm {dy_way}): too far to be sampled.</source>
   <translation>针遮住了钙化簇。在定靶像对上，它距此处 {lateral_mm:.1f} mm（{dx_way} {dx_mm:.1f} mm，{dy_way} {dy_mm:.1f} mm）：太远，取不到。</translation>
  </message>
  <message>
   <source>The needle is {margin_mm:.1f} mm too short for this depth.</source>
   <translation>针对于这个深度来说短了 {margin_mm:.1f} mm。</translation>
  </message>
  <message>
   <source>The needle may hide it, or she moved. Compare with the target pair before you fire.</source>
   <translation>可能被针遮住，或患者移动了。击发之前请与定靶像对比较。</translation>
  </message>
  <message>
   <source>The needle reaches only what lies under the window of the paddle, and in the oblique views the group moves sideways by up to half its height. Near the middle nothing is cut off and a correction stays possible. To reposition costs one more exposure now; later it costs the pair as well. A lesion near the chest wall cannot be brought farther out than the support's edge lets it.</source>
   <translation>针只能到达压迫板窗口下方的部分，而在斜位视图中，钙化簇的侧移可达其高度的一半。靠近中央，就不会被截去，也还有修正的余地。现在重新摆位只多一次曝光；以后则要连像对一起重拍。靠近胸壁的病灶，最多只能拉到支撑台边缘所允许的位置。</translation>
  </message>
  <message>
   <source>The paddle is closed but for its window. Nothing outside can be reached from above. The breast has to be positioned again so that the group comes under the window.</source>
   <translation>压迫板除窗口外都是封闭的。窗口之外的部分从上方够不到。必须重新摆位，使钙化簇位于窗口下方。</translation>
  </message>
  <message>
   <source>The point of the needle cannot be made out in both views.</source>
   <translation>两个视图中不能都辨认出针尖。</translation>
  </message>
  <message>
   <source>The pre-fire pair does not show the group near the mark.</source>
   <translation>击发前像对上，标记附近看不到钙化簇。</translation>
  </message>
  <message>
   <source>The rows of your marks differ by {mismatch_mm:.1f} mm: more than the hand explains. She moved a little, or these are two neighbouring specks.</source>
   <translation>您的两个标记的行相差 {mismatch_mm:.1f} mm：超出了手的误差。患者稍有移动，或这是两个相邻的钙化点。</translation>
  </message>
  <message>
   <source>The rows of your two marks differ by {mismatch_mm:.1f} mm, more than {limit_mm:.1f} mm: these are probably two different specks.</source>
   <translation>您的两个标记的行相差 {mismatch_mm:.1f} mm，超过 {limit_mm:.1f} mm：很可能是两个不同的钙化点。</translation>
  </message>
  <message>
   <source>The scout shows no group near the place that the referral names.</source>
   <translation>定位像上，申请单所述位置附近看不到钙化簇。</translation>
  </message>
  <message>
   <source>The target lies {margin_mm:.1f} mm outside the window: the needle would meet the paddle.</source>
   <translation>靶点在窗外 {margin_mm:.1f} mm：针会碰到压迫板。</translation>
  </message>
  <message>
   <source>The tube moves sideways only, along the rows of the image. So one and the same speck lies on the same row in both views, and only its column changes with its height. Rows that differ mean either two different specks or a patient who moved between the two exposures.

A wrong pair is dangerous because it looks exact: the console triangulates any two marks. The height z then comes out wrong by almost twice the distance between the two specks along the row. If all specks differ by the same amount, she moved: make the pair again. If only yours do, look for the true partner on the band.</source>
   <translation>球管只沿图像的行向侧方移动。所以同一个钙化点在两个视图中位于同一行，只有列随其高度而变。行不同，说明是两个不同的钙化点，或患者在两次曝光之间移动了。

配错的一对很危险，因为它看起来很精确：任何两个标记，工作站都能算出靶点。此时高度 z 的误差几乎是两个钙化点沿行距离的两倍。如果所有钙化点都相差同样多，是患者移动：请重拍像对。如果只有您的标记不同，请在引导带上寻找真正的对应点。</translation>
  </message>
  <message>
   <source>The whole aperture must lie inside the breast, skin not counted: depth of the target minus half the aperture must be more than the skin's thickness. Else the vacuum draws in skin or air. A short aperture helps, or to aim a little deeper while the target stays in the aperture, or to come from the other side.</source>
   <translation>整个旋切窗必须位于乳腺内，皮肤不计在内：靶点深度减去旋切窗的一半，必须大于皮肤厚度。否则真空会吸入皮肤或空气。可以用短窗，或在靶点仍位于旋切窗内的前提下瞄准稍深一些，或从另一侧进针。</translation>
  </message>
  <message>
   <source>These marks put the target at z {z_mm:.1f} mm; the breast reaches from 0 to {thickness_mm:.0f} mm. Two marks that are not one speck.</source>
   <translation>这两个标记给出的靶点 z 为 {z_mm:.1f} mm；乳腺的范围是 0 到 {thickness_mm:.0f} mm。两个标记不是同一个钙化点。</translation>
  </message>
  <message>
   <source>Two empty films mean that the needle is not where the calcifications are. The cores also pull tissue in and bleed, so the old pair no longer holds. Make a new pair; if the group is still there, target it again; if it cannot be seen any more, stop.

A biopsy that did not retrieve the calcifications is not representative, whatever the histology says. Say so in the report, place a clip, and plan another biopsy or an excision. Never let a benign result of such a biopsy reassure her.</source>
   <translation>两张片都没有钙化，说明针不在钙化处。取样还会牵拉组织并引起出血，所以旧的像对已不再适用。请拍新的像对；钙化簇若还在，重新定靶；若已看不到，请停止。

没有取到钙化的活检，无论组织学结果如何，都没有代表性。请在报告中写明，放置标记夹，并安排再次活检或手术切除。绝不要让这样一次活检的良性结果使患者误以为安全。</translation>
  </message>
  <message>
   <source>Under about 20 mm a needle that comes straight down has no room for its aperture and its tip. Loosen the compression, use a lateral arm, or choose another guidance.</source>
   <translation>低于约 20 mm 时，垂直进入的针没有容纳旋切窗和针尖的空间。请放松压迫、使用侧臂，或选择其他引导方式。</translation>
  </message>
  <message>
   <source>Use the lateral arm, {lateral_arm}</source>
   <translation>使用侧臂，{lateral_arm}</translation>
  </message>
  <message>
   <source>Vacuum draws tissue in from the side to which the aperture looks. Turned toward the group, the cores hold it; all round the clock most of them would miss it. Along the needle, what matters is that the group lies within the length of the aperture.</source>
   <translation>真空从旋切窗所朝的一侧吸入组织。转向钙化簇，组织条就含有它；环绕一周则大多取不到。沿针轴方向，关键是钙化簇位于旋切窗的长度之内。</translation>
  </message>
  <message>
   <source>Where two specks lie on the same row, their rows cannot tell a wrong pair. The height can: specks of one group lie within a few millimetres of each other, and a wrong partner comes out above or below all of them. Compare the pattern: the same speck has the same neighbours in both views.</source>
   <translation>两个钙化点若在同一行，行就不能揭示配对错误。高度可以：同一簇的钙化点彼此相距不过几毫米，而错误的对应点会高于或低于所有这些点。请比较图形：同一个钙化点在两个视图中的相邻点相同。</translation>
  </message>
  <message>
   <source>Withdraw, mark the group in the newest pair again, and insert anew</source>
   <translation>拔针，在最新的像对上重新标记钙化簇，再次进针</translation>
  </message>
  <message>
   <source>Without the point its depth is only what the console says. Widen the window, or make the pair again.</source>
   <translation>看不到针尖，它的深度就只能听凭工作站所说。请加大窗宽，或重拍像对。</translation>
  </message>
  <message>
   <source>Your marks put the target {dz_mm:.1f} mm {dz_way} the group: two specks on one row that are not the same.</source>
   <translation>您的标记把靶点定在钙化簇{dz_way} {dz_mm:.1f} mm 处：是同一行上两个不同的钙化点。</translation>
  </message>
  <message>
   <source>above</source>
   <translation>上方</translation>
  </message>
  <message>
   <source>below</source>
   <translation>下方</translation>
  </message>
  <message>
   <source>from above (craniocaudal)</source>
   <translation>自上方（头尾位）</translation>
  </message>
  <message>
   <source>from below (caudocranial)</source>
   <translation>自下方（尾头位）</translation>
  </message>
  <message>
   <source>from the left of the image</source>
   <translation>自图像左侧</translation>
  </message>
  <message>
   <source>from the right of the image</source>
   <translation>自图像右侧</translation>
  </message>
  <message>
   <source>to the left</source>
   <translation>向左</translation>
  </message>
  <message>
   <source>to the right</source>
   <translation>向右</translation>
  </message>
  <message>
   <source>toward the chest wall</source>
   <translation>向胸壁</translation>
  </message>
  <message>
   <source>toward the nipple</source>
   <translation>向乳头</translation>
  </message>
  <message>
   <source>{cores} of {of} cores show calcification: the target has been sampled. Place a clip.</source>
   <translation>{of} 条组织中有 {cores} 条显示钙化：目标已取到。请放置标记夹。</translation>
  </message>
  <message>
   <source>{exposures} exposures so far ({dose_mgy:.1f} mGy); published procedures need about {published}.</source>
   <translation>到目前为止曝光 {exposures} 次（{dose_mgy:.1f} mGy）；已发表的操作约需 {published} 次。</translation>
  </message>
  <message>
   <source>{one}. Or: {other}</source>
   <translation>{one}。或者：{other}</translation>
  </message>
  <message>
   <source>{what} {remedy}.</source>
   <translation>{what}{remedy}。</translation>
  </message>
 </context>
 <context>
  <name>TimeGain</name>
  <message>
   <source>TGC</source>
   <translation>TGC</translation>
  </message>
  <message>
   <source>Time gain {n} from the skin</source>
   <translation>时间增益 {n}（自皮肤起）</translation>
  </message>
  <message>
   <source>Time-gain compensation: more or less gain at this depth, for the display.</source>
   <translation>时间增益补偿：增大或减小这一深度的增益，仅影响显示。</translation>
  </message>
 </context>
 <context>
  <name>Tips</name>
  <message>
   <source>12 o'clock faces the probe. Air and blood hide what is left after the first cores, so look first. Then make a specimen film, as after a stereotactic biopsy: it is the only proof that the calcifications were in what you sampled.</source>
   <translation>12 点朝向探头。取出最初几条之后，空气和血液会遮住残留的部分，所以请先看清。然后和立体定向活检之后一样拍标本X线片：只有它能证明所取组织中含有钙化。</translation>
  </message>
  <message>
   <source>A mass at the same clock hour is not proof that it holds the calcifications: an hour is a sector, not a point. If you biopsy a mass without specks, the specimen film decides whether it was the right one.</source>
   <translation>在同一钟点的肿块，并不能证明它含有钙化：一个钟点是一个扇区，不是一个点。如果您活检没有钙化点的肿块，是否正确由标本X线片决定。</translation>
  </message>
  <message>
   <source>A needle along the image plane is seen from its entry to its point; one that leaves the plane shows only a part, and its apparent end is not its point. Flat means a bright needle and a throw along the chest wall, not into it.</source>
   <translation>沿图像平面的针，从进针点到针尖全程可见；离开平面的针只显示一部分，看上去的末端并不是针尖。放平意味着针更亮，射程沿着胸壁而不是刺入胸壁。</translation>
  </message>
  <message>
   <source>A needle that looks right is no proof. While it is still in, an empty film can be answered with more cores; after it is out, only with another insertion.</source>
   <translation>针看起来位置正确并不是证明。针还在时，片上无钙化可以再取组织条；拔出之后，就只能重新进针。</translation>
  </message>
  <message>
   <source>A single benign speck that happened to be near can make a film look positive. The cores lie in the order in which they were taken: a core that holds specks tells you at which hour the group lies.</source>
   <translation>碰巧在附近的单个良性钙化点，也会使标本片看起来是阳性。组织条按取出的先后排列：含钙化点的组织条告诉您钙化簇在哪个钟点。</translation>
  </message>
  <message>
   <source>A vacuum needle takes larger cores, in any direction, with one insertion; it retrieves calcifications more often than a gun. Its aperture and dead tip need room: stroke margin = thickness - (depth + half the aperture + dead tip). A short aperture needs less on both sides.</source>
   <translation>真空旋切针一次进针即可在任何方向取较大的组织条；它比活检枪更常取到钙化。它的旋切窗和针尖盲区需要空间：行程余量 = 厚度 - （深度 + 旋切窗的一半 + 针尖盲区）。短窗在两侧所需的空间都更小。</translation>
  </message>
  <message>
   <source>An error of a mark along the row is nearly doubled in z, because 30 degrees are a short base; x and y suffer less than the mark itself. At fit-to-window one pixel of the screen is more than one of the image: a click alone is not enough. The standard deviations beside x, y and z assume one pixel of error and the right speck; they know nothing of a wrong one.</source>
   <translation>标记沿行的误差在 z 上几乎加倍，因为 30 度的基线很短；x 和 y 受的影响比标记本身还小。适合窗口时，屏幕的一个像素大于图像的一个像素：只点击一下不够。x、y、z 旁的标准差假定误差为一个像素且钙化点选对了；它们不知道选错的情况。</translation>
  </message>
  <message>
   <source>Between the two views the tube moves by 30 degrees while breast and detector stay. A speck on the support hardly moves in the image; the higher it lies, the farther it moves along the row. This parallax is all that z is computed from.</source>
   <translation>两个视图之间，球管移动 30 度，乳腺和探测器不动。位于支撑台上的钙化点在图像中几乎不动；位置越高，沿行移动越多。z 就完全由这一视差算出。</translation>
  </message>
  <message>
   <source>Bring the place that the referral names under the window of the paddle, and let the needle come from the nearer side.</source>
   <translation>请把申请单所述的位置移到压迫板窗口之下，并从较近的一侧进针。</translation>
  </message>
  <message>
   <source>Check the y mismatch before you trust z: z is the uncertain one. Nudge the marks with the arrow keys under the magnifier.</source>
   <translation>相信 z 之前先看 y 不一致：z 是最不确定的。请在放大镜下用方向键微调标记。</translation>
  </message>
  <message>
   <source>Choose a needle whose aperture lies wholly inside the breast and whose point stays inside after firing: both margins above zero.</source>
   <translation>请选择旋切窗完全位于乳腺内、且击发后针尖仍在乳腺内的针：两个余量都大于零。</translation>
  </message>
  <message>
   <source>Compare the specks in the cores with the group on the scout: the same size and shape, and how many of them?</source>
   <translation>把组织条中的钙化点与定位像上的钙化簇比较：大小和形状相同吗？有多少个？</translation>
  </message>
  <message>
   <source>Compare with the target pair: if the specks have moved alike in both views, she moved. If the needle is beside the group in both views on the same side, x is wrong; on opposite sides, the depth; if the rows differ, y. Firing cannot be undone.</source>
   <translation>请与定靶像对比较：若钙化点在两个视图中移动相同，是患者移动了。若两个视图中针都在钙化簇的同一侧，是 x 错误；若在相反两侧，是深度错误；若行不同，是 y 错误。击发不能撤销。</translation>
  </message>
  <message>
   <source>Count the specks and learn their pattern: you have to find the same pattern again in both oblique views. Use the narrow windows (keys 4 and 5) and the magnifier (Z).</source>
   <translation>数一数钙化点并记住它们的图形：您要在两个斜位视图中再次找到同样的图形。请用窄窗（4 和 5 键）和放大镜 (Z)。</translation>
  </message>
  <message>
   <source>Enter beside the probe and keep the whole needle in the image plane, as flat as the target's depth allows.</source>
   <translation>在探头旁进针，使全针保持在图像平面内，并在靶点深度允许的范围内尽量放平。</translation>
  </message>
  <message>
   <source>Find the group in the scout. It should lie near the middle of the window; if not, point at it and position again.</source>
   <translation>在定位像上找到钙化簇。它应位于窗的中央附近；若不是，请指向它并重新摆位。</translation>
  </message>
  <message>
   <source>In both views the group should lie on the line of the needle, one throw deeper than its point. Then fire.</source>
   <translation>两个视图中，钙化簇都应在针的延长线上，比针尖深一个射程。然后击发。</translation>
  </message>
  <message>
   <source>In practice two views after the clip follow; they show where it came to lie. The debrief says how far from the target that is.</source>
   <translation>实际工作中，放夹后还要拍两个位置；它们显示标记夹落在哪里。复盘会说明它距目标多远。</translation>
  </message>
  <message>
   <source>It is the last chance at no cost: until you fire you can withdraw and target again. The pair also shows whether she moved since the target pair.</source>
   <translation>这是不付代价的最后机会：击发之前您可以拔针并重新定靶。像对还能显示患者自定靶像对以来是否移动。</translation>
  </message>
  <message>
   <source>Look where the aperture lies against the target, turn it toward the target, and take the cores.</source>
   <translation>看旋切窗相对于靶点的位置，把它转向靶点，然后取组织条。</translation>
  </message>
  <message>
   <source>Lying down has moved the tissue: the lesion can be centimetres from where the mammogram put it. Specks of a fifth of a millimetre drown in the speckle of gland; in a dark mass or in fat they show better. Set the focus to the depth you search, and turn the probe: a speck stays a point, a ligament becomes a line.</source>
   <translation>仰卧使组织移位：病灶可能距乳腺X线摄影所示位置几厘米。五分之一毫米的钙化点会淹没在腺体的散斑中；在暗的肿块或脂肪中显示得更好。请把聚焦放到所找的深度，并转动探头：钙化点仍是一个点，韧带则变成一条线。</translation>
  </message>
  <message>
   <source>Make the post-fire pair before you take a core: where does the group lie now?</source>
   <translation>取组织条之前先拍击发后像对：钙化簇现在在哪里？</translation>
  </message>
  <message>
   <source>Make the pre-fire pair: is the needle in line with the group in both views?</source>
   <translation>拍击发前像对：两个视图中针都对准钙化簇吗？</translation>
  </message>
  <message>
   <source>Make the scout: is the group under the window?</source>
   <translation>拍定位像：钙化簇在窗口之下吗？</translation>
  </message>
  <message>
   <source>Make the specimen film: only it says whether the calcifications are in.</source>
   <translation>拍标本X线片：只有它能说明钙化是否在内。</translation>
  </message>
  <message>
   <source>Make the stereo pair: two views from -15° and +15° turn the height into a shift between them.</source>
   <translation>拍立体像对：-15° 和 +15° 的两个视图，把高度变成两者之间的移位。</translation>
  </message>
  <message>
   <source>Mark one speck in the middle of the group, one that you will know again in the other view.</source>
   <translation>请标记钙化簇中央的一个钙化点，一个您在另一视图中还能认出的。</translation>
  </message>
  <message>
   <source>Mark only what you take for the lesion, and say what you saw: specks, or a mass that may belong to them. If neither, refer.</source>
   <translation>只标记您认为是病灶的东西，并说明您看到了什么：钙化点，还是可能与之对应的肿块。两者都没有，就转诊。</translation>
  </message>
  <message>
   <source>Needle and tissue have both moved on firing. Without the pair you do not know which clock hours face the group, and after the first cores bleeding hides the specks.</source>
   <translation>击发时针和组织都移动了。没有像对，您就不知道哪些钟点朝向钙化簇；取出最初几条之后，出血会遮住钙化点。</translation>
  </message>
  <message>
   <source>Place the clip through the needle: afterwards nothing may be left to see of the lesion.</source>
   <translation>经穿刺针放置标记夹：之后可能什么都看不到了。</translation>
  </message>
  <message>
   <source>Point in the plane, target in line, enough room for the throw behind it? Turn the probe across the needle to check. Then fire.</source>
   <translation>针尖在平面内吗？靶点在一条线上吗？后方有容纳射程的空间吗？把探头转到与针垂直再核对。然后击发。</translation>
  </message>
  <message>
   <source>Radiograph the cores before you decide anything else.</source>
   <translation>做任何决定之前，先拍标本X线片。</translation>
  </message>
  <message>
   <source>Read the pair: off to the same side in both views is an error along x, opposite sides an error of depth, different rows an error along y.</source>
   <translation>看像对：两个视图中偏向同一侧是 x 的误差，偏向相反两侧是深度的误差，行不同是 y 的误差。</translation>
  </message>
  <message>
   <source>Same side and equally far in both views: x. Opposite sides: depth, z. Up or down in both: y. Right in one view only, with a mismatch of rows: the marks were on two different specks. All specks moved alike since the last pair: she moved.

Then turn the aperture toward the group (12 o'clock is toward the nipple, 6 toward the chest wall), move the needle along its axis, or withdraw and target again.</source>
   <translation>两个视图中同侧且同样远：x。相反两侧：深度 z。两个视图中都偏上或偏下：y。只在一个视图中正确且行不一致：标记落在了两个不同的钙化点上。所有钙化点自上一对以来移动相同：患者移动了。

然后把旋切窗转向钙化簇（12 点朝乳头，6 点朝胸壁），沿针轴移动针，或拔针重新定靶。</translation>
  </message>
  <message>
   <source>Scan slowly around the place that the referral names. Look for bright specks, with or without a dark mass; keep a frame of what you find.</source>
   <translation>围绕申请单所述位置缓慢扫查。寻找亮点，可伴或不伴暗的肿块；找到后保留一帧。</translation>
  </message>
  <message>
   <source>The clip is in. End the procedure for the debrief.</source>
   <translation>标记夹已放入。请结束操作，进入复盘。</translation>
  </message>
  <message>
   <source>The film takes two minutes and no dose to the patient. It is the only proof that the calcifications have been sampled.</source>
   <translation>拍片要两分钟，患者不受剂量。只有它能证明已取到钙化。</translation>
  </message>
  <message>
   <source>The image is a slice of about a millimetre and a half. Needle and target can both seem to be in it and still lie beside each other. A second look at a right angle settles that.</source>
   <translation>图像是约一毫米半厚的一个切面。针和靶点可能看起来都在其中，却仍然并排错开。垂直方向再看一次就能确定。</translation>
  </message>
  <message>
   <source>The middle of the group is a better target than its brightest speck, because the cores should hold as many as possible. But both marks must be on the same speck: choose one with a shape of its own near the middle.</source>
   <translation>钙化簇的中央是比最亮的钙化点更好的靶点，因为组织条应含有尽可能多的钙化点。但两个标记必须在同一个钙化点上：请选择靠近中央、形状独特的一个。</translation>
  </message>
  <message>
   <source>The same speck lies on the blue band in the other view: same row, column by its height. Mark it there.</source>
   <translation>同一个钙化点在另一视图中位于蓝色引导带上：行相同，列随高度而定。请在那里标记。</translation>
  </message>
  <message>
   <source>The scout is made straight from above. It shows x and y, but says nothing about the height z: all heights lie on top of each other.</source>
   <translation>定位像从正上方拍摄。它显示 x 和 y，但不能说明高度 z：所有高度都重叠在一起。</translation>
  </message>
  <message>
   <source>The shorter the way through the breast, the less the needle drifts, and the more room is left behind the target for the stroke. A lesion of the upper half is reached from above, one of the lower half from below. The referral rounds its figures: the scout will show how far they were off.</source>
   <translation>穿过乳腺的路径越短，针的偏移越小，靶点后方留给行程的空间也越大。上半部的病灶从上方进针，下半部的从下方进针。申请单上的数字是取整的：定位像会显示偏差有多大。</translation>
  </message>
  <message>
   <source>The surgeon and the next mammogram need to know where the cores came from. When the compression is released the clip can move, mostly along the needle's axis: measure its distance on the views afterwards.</source>
   <translation>外科医生和下一次乳腺X线摄影都需要知道组织条取自哪里。解除压迫时标记夹可能移动，多沿针轴方向：请在术后摄片上测量其距离。</translation>
  </message>
  <message>
   <source>The tube moved by 30 degrees along the rows. So your mark stands for a line of sight through the breast, and in the other view this line is the band: one end is the support, the other the paddle. Where on the band the partner lies says how high it is. A speck beside the band cannot be the same one, unless she moved.</source>
   <translation>球管沿行移动了 30 度。所以您的标记代表穿过乳腺的一条视线，在另一视图中这条线就是引导带：一端是支撑台，另一端是压迫板。对应点在引导带上的位置说明它有多高。引导带旁的钙化点不可能是同一个，除非患者移动了。</translation>
  </message>
 </context>
 <context>
  <name>Tour</name>
  <message>
   <source>Another patient is open</source>
   <translation>打开的是另一位患者</translation>
  </message>
  <message>
   <source>Begin</source>
   <translation>开始</translation>
  </message>
  <message>
   <source>Bring the place where the calcifications are expected into the window of the paddle: the button “As the referral says” works out the shift. Then compress.</source>
   <translation>把预计有钙化的位置移到压迫板窗口内：“按申请单”按钮会算出移位。然后压迫。</translation>
  </message>
  <message>
   <source>Check before firing</source>
   <translation>击发前核对</translation>
  </message>
  <message>
   <source>Choose a needle and bring it in</source>
   <translation>选择穿刺针并进针</translation>
  </message>
  <message>
   <source>Choose the clock hours that face the specks and take cores. All hours around are right where the needle is in the middle.</source>
   <translation>选择朝向钙化点的钟点，取组织条。针在正中时，环绕一周都是对的。</translation>
  </message>
  <message>
   <source>Choose the first case</source>
   <translation>选择第一个病例</translation>
  </message>
  <message>
   <source>Click a speck in the left view. A band appears in the right view: the same speck lies on it. Click it there. The arrow keys move a mark by one pixel, the wheel zooms, Z shows the magnifier. The rows must agree before you trust z.</source>
   <translation>在左侧视图中点击一个钙化点。右侧视图中会出现一条引导带：同一个钙化点就在上面。在那里点击它。方向键把标记移动一个像素，滚轮缩放，Z 显示放大镜。相信 z 之前，行必须一致。</translation>
  </message>
  <message>
   <source>Click the first card, or press an arrow key. Leave stereotactic guidance chosen. The text on the right tells her story and what to look for.</source>
   <translation>点击第一张卡片，或按方向键。保持选中立体定向引导。右侧的文字讲述她的情况以及要看什么。</translation>
  </message>
  <message>
   <source>Expose the post-fire pair. Off to the same side in both views is an error of x; off in opposite directions is an error of z.</source>
   <translation>曝光击发后像对。两个视图中偏向同一侧是 x 的误差；偏向相反方向是 z 的误差。</translation>
  </message>
  <message>
   <source>Expose the pre-fire pair: the tip of the needle has to point at the specks in both views. Now it can still be corrected.</source>
   <translation>曝光击发前像对：两个视图中针尖都必须指向钙化点。现在还可以纠正。</translation>
  </message>
  <message>
   <source>Expose the scout</source>
   <translation>曝光定位像</translation>
  </message>
  <message>
   <source>Expose the stereo pair</source>
   <translation>曝光立体像对</translation>
  </message>
  <message>
   <source>FIRE</source>
   <translation>击发</translation>
  </message>
  <message>
   <source>Mark the same speck in both views</source>
   <translation>在两个视图中标记同一个钙化点</translation>
  </message>
  <message>
   <source>More cores, or enough? Place the clip, then finish. The debrief shows what was true, where each error came from, and what ultrasound would have shown.</source>
   <translation>再取几条，还是已经足够？放置标记夹，然后结束。复盘会显示真实情况、每个误差的来源，以及超声会显示什么。</translation>
  </message>
  <message>
   <source>One exposure at 0 degrees. Look for the specks and see whether they lie inside the outline of the window. Drag with the right button to change the grey values; A fits them.</source>
   <translation>在 0 度曝光一次。寻找钙化点，看它们是否在活检窗的轮廓之内。按右键拖动可改变灰度；A 自动适合。</translation>
  </message>
  <message>
   <source>Place the clip and finish</source>
   <translation>放置标记夹并结束</translation>
  </message>
  <message>
   <source>Position the breast</source>
   <translation>给乳腺摆位</translation>
  </message>
  <message>
   <source>Press Enter, or this button. The big button always does the next sensible thing, and Enter presses it. Only FIRE has a button and a key of its own.</source>
   <translation>按 Enter，或按此按钮。大按钮总是执行下一个合理的步骤，Enter 就等于按它。只有击发有自己的按钮和按键。</translation>
  </message>
  <message>
   <source>Radiograph the cores</source>
   <translation>拍摄组织条</translation>
  </message>
  <message>
   <source>Read the debrief: the truth lies over every view. Then do the same patient under ultrasound, or the second case, whose report is the same and whose answer is not.</source>
   <translation>请阅读复盘：真实情况叠加在每个视图上。然后用超声做同一位患者，或做第二个病例：报告相同，答案却不同。</translation>
  </message>
  <message>
   <source>Read x, y and z with their uncertainty on the right, then set the target. z is the least certain: it is computed from a small shift.</source>
   <translation>在右侧读取 x、y、z 及其不确定度，然后设定靶点。z 最不确定：它由很小的移位算出。</translation>
  </message>
  <message>
   <source>See where the needle went</source>
   <translation>看针到了哪里</translation>
  </message>
  <message>
   <source>Set the target</source>
   <translation>设定靶点</translation>
  </message>
  <message>
   <source>Take cores</source>
   <translation>取组织条</translation>
  </message>
  <message>
   <source>That was your first biopsy</source>
   <translation>这是您的第一次活检</translation>
  </message>
  <message>
   <source>The breast is thin. Choose a needle whose stroke margin and skin margin are both positive in the drawing, then advance it to its position before firing.</source>
   <translation>乳腺较薄。请选择图中行程余量和皮肤余量都为正的针，然后推进到击发前的位置。</translation>
  </message>
  <message>
   <source>The red button, or Ctrl+F. This is the one step that cannot be undone, as in life.</source>
   <translation>红色按钮，或 Ctrl+F。与现实中一样，这是唯一不能撤销的一步。</translation>
  </message>
  <message>
   <source>The specimen film tells whether calcification was taken. Without it, cores that look fine prove nothing.</source>
   <translation>标本X线片说明是否取到了钙化。没有它，看起来不错的组织条什么也证明不了。</translation>
  </message>
  <message>
   <source>The tour uses the first case under stereotactic guidance. Go back to the gallery with Ctrl+W; this attempt is kept, and you can go on with it later.</source>
   <translation>入门引导使用立体定向引导下的第一个病例。请按 Ctrl+W 回到病例库；这次练习会保留，以后可以继续。</translation>
  </message>
  <message>
   <source>Two exposures, at -15 and +15 degrees. A point that lies higher above the support shifts more from one view to the other: that shift gives its depth.</source>
   <translation>在 -15 度和 +15 度各曝光一次。离支撑台越高的点，在两个视图之间移位越多：这一移位就给出它的深度。</translation>
  </message>
 </context>
 <context>
  <name>TourGuide</name>
  <message>
   <source>Close the tour</source>
   <translation>关闭入门引导</translation>
  </message>
  <message>
   <source>F3 takes the tour up again where it was left</source>
   <translation>F3 可从上次离开的地方继续</translation>
  </message>
  <message>
   <source>Leave the tour</source>
   <translation>离开入门引导</translation>
  </message>
  <message>
   <source>Step {n} of {m}</source>
   <translation>第 {n} 步，共 {m} 步</translation>
  </message>
 </context>
 <context>
  <name>TruthImages</name>
  <message>
   <source>Choose an image; its truth is drawn over it</source>
   <translation>选择一幅图像；真实情况会叠加在上面</translation>
  </message>
  <message>
   <source>Images of this attempt</source>
   <translation>本次练习的图像</translation>
  </message>
 </context>
</TS>
