"""What is changed on every page of the site."""

from trainers.site import hooks


class Files:
    """As of mkdocs: which there are, by path."""

    def __init__(self, *paths):
        self.paths = paths

    def get_file_from_path(self, path):
        return path if path in self.paths else None


def test_a_picture_that_is_drawn_in_two_themes_is_shown_in_the_one_that_fits():
    page = '<img alt="a" src="../images/xor.png" class="figure"><img src="images/peers.png">'
    files = Files("images/xor.png", "images/xor-dark.png", "images/peers.png")
    found = hooks.on_page_content(page, None, None, files)
    assert found == (
        '<img alt="a" src="../images/xor.png#only-light" class="figure">'
        '<img alt="a" src="../images/xor-dark.png#only-dark" class="figure">'
        '<img src="images/peers.png">'
    )
