"""A fake of `Recording`."""


class RecordingFake:
    """Records its calls."""

    instances = []

    def __init__(self, images, passes, folder, arguments):
        self.images, self.passes, self.arguments = images, passes, list(arguments)
        self.steps, self.finished, self.trouble, self.is_over = [], [], None, False
        self.instances.append(self)

    def step(self, image, step, picture, pass_index=0):
        self.steps.append((image, step, (picture() if callable(picture) else picture)[0][0]))

    def image(self, image, picture, infotext=None, reason="finished"):
        self.finished.append((image, (picture() if callable(picture) else picture)[0][0], reason))

    def close(self):
        self.is_over = True

    def finish(self):
        counts = [sum(1 for image, _, _ in self.steps if image == index) for index in range(len(self.images))]
        return [
            {"type": "animation", "path": f"{image['seed']}.mp4", "steps": count}
            for image, count in zip(self.images, counts)
        ]
