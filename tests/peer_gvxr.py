"""gVirtualXray in a process of its own: path lengths through meshes onto the detector of a view.

Run as ``python peer_gvxr.py SCENE.npz RESULT.npz``; knows nothing of stereosim.  The scene holds
``vertices_i`` (n, 3) and ``triangles_i`` (m, 3) of each mesh in mm, ``sources`` (v, 3), and the
detector: ``centre``, ``column`` and ``row`` (unit vectors of rising column and row), ``pitch``,
``shape``.  The result holds ``lengths``, (v, meshes, rows, columns) in mm.
"""

import sys

import numpy as np


def main(scene_path, result_path):
    from gvxrPython3 import gvxr

    scene = np.load(scene_path)
    rows, columns = (int(n) for n in scene["shape"])
    gvxr.createWindow(-1, 0, "EGL")
    gvxr.setDetectorNumberOfPixels(columns, rows)
    gvxr.setDetectorPixelSize(float(scene["pitch"]), float(scene["pitch"]), "mm")
    gvxr.setDetectorPosition(*map(float, scene["centre"]), "mm")
    # Both vectors: with one of them only it silently turns the detector.
    gvxr.setDetectorUpVector(*map(float, -scene["row"]))
    gvxr.setDetectorRightVector(*map(float, scene["column"]))
    gvxr.usePointSource()
    gvxr.setMonoChromatic(20.0, "keV", 1)
    labels = [name.removeprefix("vertices_") for name in scene.files if "vertices_" in name]
    for label in labels:
        gvxr.makeTriangularMesh(
            label,
            [float(v) for v in scene[f"vertices_{label}"].ravel()],
            [int(i) for i in scene[f"triangles_{label}"].ravel()],
            "mm",
        )
        gvxr.setElement(label, "Al")
        gvxr.addPolygonMeshAsInnerSurface(label)
    lengths = []
    for source in scene["sources"]:
        gvxr.setSourcePosition(*map(float, source), "mm")
        buffers = [np.array(gvxr.computeLBuffer(label), np.float32) for label in labels]
        # In cm, with the row of the lower edge first.
        lengths.append([10.0 * buffer[::-1] for buffer in buffers])
    np.savez(result_path, lengths=np.array(lengths), labels=np.array(labels))
    gvxr.destroyAllWindows()


if __name__ == "__main__":
    main(*sys.argv[1:])
