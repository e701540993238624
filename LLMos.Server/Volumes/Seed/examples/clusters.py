"""Find three groups of points with scikit-learn."""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.cluster import KMeans

rng = np.random.default_rng(3)
points = np.vstack([rng.normal(center, 0.6, size=(150, 2)) for center in ((0, 0), (4, 1), (2, 4))])
groups = KMeans(n_clusters=3, n_init=10, random_state=0).fit(points)

plt.scatter(*points.T, c=groups.labels_, s=12)
plt.scatter(*groups.cluster_centers_.T, marker="x", color="black")
plt.title("Three groups")
plt.show()
