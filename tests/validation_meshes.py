"""Closed triangle meshes of spheres and needles, for simulators that know nothing else."""

import numpy as np


def icosphere(subdivisions):
    """Vertices (n, 3) on the unit sphere and triangles (20 * 4**subdivisions, 3), outward."""
    t = (1 + 5**0.5) / 2
    corners = [[-1, t, 0], [1, t, 0], [-1, -t, 0], [1, -t, 0], [0, -1, t], [0, 1, t]]
    corners += [[0, -1, -t], [0, 1, -t], [t, 0, -1], [t, 0, 1], [-t, 0, -1], [-t, 0, 1]]
    triangles = [[0, 11, 5], [0, 5, 1], [0, 1, 7], [0, 7, 10], [0, 10, 11], [1, 5, 9], [5, 11, 4]]
    triangles += [[11, 10, 2], [10, 7, 6], [7, 1, 8], [3, 9, 4], [3, 4, 2], [3, 2, 6], [3, 6, 8]]
    triangles += [[3, 8, 9], [4, 9, 5], [2, 4, 11], [6, 2, 10], [8, 6, 7], [9, 8, 1]]
    vertices = np.array(corners, float)
    faces = np.array(triangles)
    vertices /= np.linalg.norm(vertices, axis=1, keepdims=True)
    for _ in range(subdivisions):
        edges = np.sort(np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]))
        unique, index = np.unique(np.sort(edges, axis=1), axis=0, return_inverse=True)
        a, b, c = (len(vertices) + index.ravel()).reshape(3, -1)
        middles = vertices[unique].mean(axis=1)
        middles /= np.linalg.norm(middles, axis=1, keepdims=True)
        p, q, r = faces.T
        vertices = np.concatenate([vertices, middles])
        faces = np.concatenate(
            [np.stack(f, axis=1) for f in ((p, a, c), (q, b, a), (r, c, b), (a, b, c))]
        )
    return vertices, faces


def ellipsoid(centre, axes, subdivisions):
    """Mesh of ``centre + axes @ (unit ball)``, corners on its surface."""
    vertices, faces = icosphere(subdivisions)
    if np.linalg.det(axes) < 0:
        faces = faces[:, ::-1]
    return vertices @ np.asarray(axes).T + centre, faces


def needle(tip, axis, length, radius, point, sides, rings):
    """Mesh of a rod that ends in a cone of length `point`, corners on its surface.

    Cone and shaft are cut into `rings` each: a renderer that interpolates over a triangle bends
    what it draws of a long one.
    """
    axis = np.asarray(axis, float) / np.linalg.norm(axis)
    one = np.cross(axis, [0.3, 1.0, 0.2])
    one /= np.linalg.norm(one)
    other = np.cross(axis, one)
    angle = 2 * np.pi * np.arange(sides) / sides
    circle = radius * (np.cos(angle)[:, None] * one + np.sin(angle)[:, None] * other)
    cone = np.linspace(0, 1, rings + 1)[1:]
    back = np.concatenate([point * cone, point + (length - point) * cone])
    width = np.concatenate([cone, np.ones(rings)])
    hoops = tip - back[:, None, None] * axis + width[:, None, None] * circle
    end = tip - length * axis
    vertices = np.concatenate([[tip, end], hoops.reshape(-1, 3)])
    i, j = np.arange(sides), (np.arange(sides) + 1) % sides
    zero, first = np.zeros_like(i), np.ones_like(i)
    faces = [(zero, 2 + i, 2 + j)]
    for k in range(len(back) - 1):
        a, b, c, d = (2 + sides * n + m for n in (k, k + 1) for m in (i, j))
        faces += [(a, c, b), (b, c, d)]
    last = 2 + sides * (len(back) - 1)
    faces.append((first, last + j, last + i))
    return vertices, np.concatenate([np.stack(f, axis=1) for f in faces])
