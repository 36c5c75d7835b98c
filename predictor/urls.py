app_name = "predictor"
urlpatterns = []
