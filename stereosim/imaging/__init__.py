"""What the machines see: X-ray images, ultrasound frames, display and the search for specks."""
