"""The gallery: for each system a picture, its figures beside a simple method's, and what they mean."""
