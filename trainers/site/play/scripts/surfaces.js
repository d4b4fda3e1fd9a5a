// Losses of two weights: value, gradient, Hessian and, where a probability stands behind, the Fisher
// information. Each is a function of w = [w0, w1]; matrices are [[a, b], [b, d]].
(() => {
  "use strict";
  const zoo = (globalThis.zoo ??= {});

  const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

  /** Return the loss of y = w0 x + w1: half the mean squared error, of data through its moments. */
  const regression = (title, x, y, view) => {
    const xx = mean(x.map((value) => value * value));
    const xy = mean(x.map((value, i) => value * y[i]));
    const [x1, y1, yy] = [mean(x), mean(y), mean(y.map((value) => value * value))];
    const hessian = () => [
      [xx, x1],
      [x1, 1],
    ];
    return {
      title,
      ...view,
      axes: ["slope", "intercept"],
      value: ([a, b]) => (a * a * xx + b * b + yy) / 2 + a * b * x1 - a * xy - b * y1,
      gradient: ([a, b]) => [a * xx + b * x1 - xy, a * x1 + b - y1],
      hessian,
      // Of observations with normal noise of variance 1 it is the same matrix.
      fisher: hessian,
    };
  };

  zoo.surfaces = {
    quadratic: {
      title: "Narrow valley",
      // Condition number 20.
      value: ([x, y]) => (x * x + 20 * y * y) / 2,
      gradient: ([x, y]) => [x, 20 * y],
      hessian: () => [
        [1, 0],
        [0, 20],
      ],
      minimum: [0, 0],
      view: [-4, 4, -3, 3],
      start: [-3.4, 1.6],
      axes: ["w₀", "w₁"],
    },
    // Rosenbrock 1960, "An automatic method for finding the greatest or least value of a function".
    rosenbrock: {
      title: "Rosenbrock's banana",
      value: ([x, y]) => (1 - x) ** 2 + 100 * (y - x * x) ** 2,
      gradient: ([x, y]) => [-2 * (1 - x) - 400 * x * (y - x * x), 200 * (y - x * x)],
      hessian: ([x, y]) => [
        [2 - 400 * (y - 3 * x * x), -400 * x],
        [-400 * x, 200],
      ],
      minimum: [1, 1],
      view: [-2, 2, -1, 3],
      start: [-1.2, 1],
      axes: ["w₀", "w₁"],
    },
    saddle: {
      title: "Saddle",
      // Two minima at w1 = -1 and 1, and between them a point where the gradient is 0.
      value: ([x, y]) => (x * x) / 2 + y ** 4 / 4 - (y * y) / 2,
      gradient: ([x, y]) => [x, y ** 3 - y],
      hessian: ([, y]) => [
        [1, 0],
        [0, 3 * y * y - 1],
      ],
      minimum: [0, 1],
      view: [-2.4, 2.4, -1.8, 1.8],
      start: [-2, 0.02],
      axes: ["w₀", "w₁"],
    },
    // -ln p(x) of a normal distribution, mean over data of mean 0 and variance 1.
    normal: {
      title: "A normal distribution, fitted",
      value: ([m, s]) => s + ((1 + m * m) * Math.exp(-2 * s)) / 2,
      gradient: ([m, s]) => [m * Math.exp(-2 * s), 1 - (1 + m * m) * Math.exp(-2 * s)],
      hessian: ([m, s]) => {
        const precision = Math.exp(-2 * s);
        return [
          [precision, -2 * m * precision],
          [-2 * m * precision, 2 * (1 + m * m) * precision],
        ];
      },
      fisher: ([, s]) => [
        [Math.exp(-2 * s), 0],
        [0, 2],
      ],
      minimum: [0, 0],
      view: [-4, 4, -1.2, 2.4],
      start: [-3, 1.9],
      axes: ["mean", "ln deviation"],
    },
  };

  /** Add the two losses of a straight line through real points, given as pairs. */
  zoo.addRegression = (points) => {
    const x = points.map((point) => point[0]);
    const y = points.map((point) => point[1]);
    const centre = mean(x);
    const deviation = Math.sqrt(mean(x.map((value) => (value - centre) ** 2)));
    const covariance = mean(x.map((value, i) => (value - centre) * y[i]));
    const slope = covariance / deviation ** 2;
    zoo.surfaces.regression = regression("Regression, as measured", x, y, {
      minimum: [slope, mean(y) - slope * centre],
      view: [-2, 3, -3.5, 4],
      start: [-1.2, 3],
    });
    zoo.surfaces.standardized = regression(
      "Regression, standardized",
      x.map((value) => (value - centre) / deviation),
      y,
      { minimum: [covariance / deviation, mean(y)], view: [-2, 3, -1, 4], start: [-1.4, 3.4] },
    );
  };
})();
