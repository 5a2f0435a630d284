"""The attack ``random-stripes``: images of random stripes, each scored once."""

from foolery.audit import score_images
from foolery.rng import Stream
from foolery_stripes.encoding import Stripes


class RandomStripes:
    """An attack has a name and two calls."""

    name = "random-stripes"

    def unavailable(self, context):
        """Why it cannot be tried, in words that follow "skipped: "."""
        height = context.classifier.description.canvas.height
        return f"needs a canvas of 8 rows, this one has {height}" if height < 8 else None

    def run(self, context, budget):
        """Try it, or go on with what ``context.folder(self.name)`` keeps, until the budget is spent."""
        encoding = Stripes(context.classifier.description.canvas)

        def draw_images(first, count):
            stream = Stream.of(context.seed, 0, first + count).rows(first, first + count)
            return encoding.render(encoding.initial(stream))

        return score_images(self.name, draw_images, context, budget)
