"""The networks of ../shared with their data: what measures accuracy reads it here. Calibration rows are never test rows."""
import os

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SHARED = os.path.join(ROOT, "..", "shared")


class Network:
    """Flags of tinyc and tinyc-run for one network: its test part and its calibration part."""

    def __init__(self, name, images, labels, transform, calibration=None, calibrated=0):
        """`calibrated` rows at the start of `images` are for calibration, or all of `calibration`."""
        data = os.path.join(SHARED, "data")
        self.name, self.transform = name, transform
        self.path = os.path.join(SHARED, "models", name + ".onnx")
        self.test = ["--input=" + os.path.join(data, images), "--labels=" + os.path.join(data, labels),
                     "--skip=%d" % calibrated]
        self.calibrate = ["--calibrate=" + os.path.join(data, calibration or images)]
        self.samples = os.path.join(data, calibration or images)  # of the calibration part, the first ...
        self.sample_count = calibrated or 1024  # ... so many
        if calibrated:
            self.calibrate.append("--calibrate-limit=%d" % calibrated)

    def halve(self, half):
        """Half 0 or 1 of the calibration part to calibrate on, and the other to measure on, for choices between methods."""
        count = self.sample_count // 2
        return (["--calibrate=" + self.samples, "--calibrate-skip=%d" % (half * count), "--calibrate-limit=%d" % count],
                ["--input=" + self.samples, "--skip=%d" % ((1 - half) * count), "--limit=%d" % count])


NETWORKS = {network.name: network for network in [
    Network("kws_dscnn", "kws01/features_int8.npy", "kws01/labels.npy",
            ["--scale=0.5847029089927673", "--offset=-48.53034144639969"], calibrated=200),
    Network("ic_resnet8", "cifar10/test_u8.npy", "cifar10/test_labels.npy", [], calibration="cifar10/train_u8.npy"),
    Network("vww_mobilenet", "vww_coco/images_96_u8.npy", "vww_coco/labels.npy", ["--scale=0.00392156862745098"],
            calibrated=64),
    Network("mcunet_vww", "vww_coco/images_80_u8.npy", "vww_coco/labels.npy",
            ["--scale=0.00784313725490196", "--offset=-1"], calibrated=64),
]}
