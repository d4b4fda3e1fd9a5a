"""Learn codes of images by drawing the images again from them."""
